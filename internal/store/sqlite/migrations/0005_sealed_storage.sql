-- +goose Up

-- The keys of sealed storage, wrapped: a data key by its instance's key, that by
-- a master key, which is not here. An empty tenant is the installation itself.
CREATE TABLE instance_key (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    master     TEXT    NOT NULL, -- names the master key
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, version)
) STRICT, WITHOUT ROWID;

-- Destroying a row here destroys its object, but for the copies of the row in
-- backups (docs/ops/encryption.md).
CREATE TABLE data_key (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    object     TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, object),
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, version) REFERENCES instance_key (tenant, instance, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX data_key_by_version ON data_key (tenant, instance, version);

CREATE TABLE shredded_key (
    tenant      TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    shredded_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id)
) STRICT, WITHOUT ROWID;
