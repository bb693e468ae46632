-- +goose Up

-- Objects of the media store that a scrub found missing or changed: they answer
-- as damaged until one finds them good again.
CREATE TABLE damaged_object (
    blob_key TEXT    NOT NULL PRIMARY KEY,
    tenant   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    noun     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    found_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far a scrub has come.
CREATE TABLE scrub_place (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    after_key  TEXT    NOT NULL, -- empty once it reached the end
    began_at   INTEGER NOT NULL,
    reached_at INTEGER NOT NULL,
    objects    INTEGER NOT NULL,
    bytes      INTEGER NOT NULL
) STRICT;
