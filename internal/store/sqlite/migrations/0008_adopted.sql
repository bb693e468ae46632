-- +goose Up

-- Objects of others that stand for a key of the media store.
CREATE TABLE adopted_object (
    blob_key TEXT NOT NULL PRIMARY KEY,
    tenant   TEXT NOT NULL,
    instance TEXT NOT NULL,
    place    TEXT NOT NULL,
    name     TEXT NOT NULL,
    version  TEXT NOT NULL,
    UNIQUE (tenant, instance, place, name)
) STRICT, WITHOUT ROWID;
