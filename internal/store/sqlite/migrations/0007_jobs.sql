-- +goose Up

-- Work that is to be done, stored in the transaction of the change that wants it.
-- What is done is removed, so the table is as long as what is left to do.
CREATE TABLE job (
    id           TEXT    NOT NULL PRIMARY KEY,
    tenant       TEXT    NOT NULL, -- empty for the installation's own
    instance     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    once         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at       INTEGER NOT NULL,
    lease        TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX job_once ON job (tenant, instance, kind, once) WHERE once <> '' AND state <> 'dead';
CREATE INDEX job_due ON job (priority, tenant, run_at, id) WHERE state <> 'dead';
CREATE INDEX job_by_state ON job (state, id);
