-- +goose Up

-- Work that is to be done, stored in the transaction of the change that wants it.
-- What is done is removed, so the table is as long as what is left to do.
CREATE TABLE job (
    id           text COLLATE "C" NOT NULL PRIMARY KEY,
    tenant       text COLLATE "C" NOT NULL, -- empty for the installation's own
    instance     text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    once         text COLLATE "C" NOT NULL,
    payload      text COLLATE "C" NOT NULL,
    priority     bigint           NOT NULL,
    state        text COLLATE "C" NOT NULL,
    attempts     bigint           NOT NULL,
    max_attempts bigint           NOT NULL,
    run_at       bigint           NOT NULL,
    lease        text COLLATE "C" NOT NULL,
    reason       text COLLATE "C" NOT NULL,
    created_at   bigint           NOT NULL,
    changed_at   bigint           NOT NULL
);
CREATE UNIQUE INDEX job_once ON job (tenant, instance, kind, once) WHERE once <> '' AND state <> 'dead';
CREATE INDEX job_due ON job (priority, tenant, run_at, id) WHERE state <> 'dead';
CREATE INDEX job_by_state ON job (state, id);
