-- +goose Up

-- The keys of sealed storage, wrapped: a data key by its instance's key, that by
-- a master key, which is not here. An empty tenant is the installation itself.
CREATE TABLE instance_key (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    version                 bigint           NOT NULL,
    master                  text COLLATE "C" NOT NULL, -- names the master key
    wrapped                 bytea            NOT NULL,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, version)
);

-- Destroying a row here destroys its object, but for the copies of the row in
-- backups (docs/ops/encryption.md).
CREATE TABLE data_key (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    object                  text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    version                 bigint           NOT NULL,
    wrapped                 bytea            NOT NULL,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, object),
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, version) REFERENCES instance_key (tenant, instance, version)
);
CREATE INDEX data_key_by_version ON data_key (tenant, instance, version);

CREATE TABLE shredded_key (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    shredded_at             bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id)
);
