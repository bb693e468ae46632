-- +goose Up

-- Objects of the media store that a scrub found missing or changed: they answer
-- as damaged until one finds them good again.
CREATE TABLE damaged_object (
    blob_key text COLLATE "C" NOT NULL PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    instance text COLLATE "C" NOT NULL,
    noun     text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    reason   text COLLATE "C" NOT NULL,
    found_at bigint           NOT NULL
);

-- How far a scrub has come.
CREATE TABLE scrub_place (
    id         bigint           NOT NULL PRIMARY KEY CHECK (id = 1),
    after_key  text COLLATE "C" NOT NULL, -- empty once it reached the end
    began_at   bigint           NOT NULL,
    reached_at bigint           NOT NULL,
    objects    bigint           NOT NULL,
    bytes      bigint           NOT NULL
);
