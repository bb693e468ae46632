-- +goose Up

-- Objects of others that stand for a key of the media store.
CREATE TABLE adopted_object (
    blob_key text COLLATE "C" NOT NULL PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    instance text COLLATE "C" NOT NULL,
    place    text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    version  text COLLATE "C" NOT NULL,
    UNIQUE (tenant, instance, place, name)
);
