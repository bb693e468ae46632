-- +goose Up

-- The audit log has a file of its own. Every read that is answered writes to it,
-- and a write to a file has every reader of that file begin with an empty page
-- cache: the clinic's file must not be the one.

CREATE TABLE audit_chain (
    chain   TEXT    NOT NULL PRIMARY KEY,
    seq     INTEGER NOT NULL,
    hash    BLOB    NOT NULL,
    indexed INTEGER NOT NULL -- audit_subject is whole up to this number
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_group (
    chain     TEXT    NOT NULL,
    last_seq  INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    from_at   INTEGER NOT NULL,
    until_at  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    entries   BLOB    NOT NULL,
    PRIMARY KEY (chain, last_seq)
) STRICT;

CREATE TABLE audit_subject (
    chain    TEXT    NOT NULL,
    patient  TEXT    NOT NULL,
    last_seq INTEGER NOT NULL, -- of the group
    PRIMARY KEY (chain, patient, last_seq)
) STRICT, WITHOUT ROWID;
