-- +goose Up

CREATE TABLE practice (
    tenant         TEXT    NOT NULL,
    instance       TEXT    NOT NULL,
    customer_code  TEXT    NOT NULL,
    signup_hash    BLOB    NOT NULL,
    languages      TEXT    NOT NULL,
    hours          TEXT    NOT NULL,
    notice_minutes INTEGER NOT NULL,
    horizon_days   INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance),
    UNIQUE (tenant, customer_code),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;

-- Instances that are there already become practices as new ones do.
INSERT INTO practice (tenant, instance, customer_code, signup_hash, languages, hours, notice_minutes, horizon_days, created_at, updated_at)
SELECT tenant, instance, instance, x'', '["en"]',
    'mon 09:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; fri 09:00-17:00', 0, 365, created_at, updated_at
FROM instance;

CREATE TABLE service (
    tenant         TEXT    NOT NULL,
    instance       TEXT    NOT NULL,
    id             INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    minutes        INTEGER NOT NULL,
    buffer_minutes INTEGER NOT NULL,
    retired        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    patient    INTEGER NOT NULL,
    service    INTEGER NOT NULL,
    provider   INTEGER,
    start_date TEXT    NOT NULL,
    end_date   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, service) REFERENCES service (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
) STRICT;
CREATE INDEX assignment_by_patient ON assignment (tenant, instance, patient, start_date, id);

-- What is known of a person beyond what look-ups read, as JSON.
CREATE TABLE person_details (
    tenant   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    person   INTEGER NOT NULL,
    details  TEXT    NOT NULL,
    PRIMARY KEY (tenant, instance, person),
    FOREIGN KEY (tenant, instance, person) REFERENCES person (tenant, instance, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE registration (
    tenant        TEXT    NOT NULL,
    instance      TEXT    NOT NULL,
    client        TEXT    NOT NULL,
    fingerprint   TEXT    NOT NULL,
    patient       INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, client, fingerprint),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX registration_by_age ON registration (registered_at);

CREATE TABLE schedule (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    provider   INTEGER NOT NULL,
    hours      TEXT, -- NULL where they are the practice's
    services   TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, provider),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_day (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    provider   INTEGER NOT NULL,
    date       TEXT    NOT NULL,
    hours      TEXT    NOT NULL, -- empty on a day off
    note       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, provider, date),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE appointment (
    tenant         TEXT    NOT NULL,
    instance       TEXT    NOT NULL,
    id             INTEGER NOT NULL,
    patient        INTEGER NOT NULL,
    provider       INTEGER NOT NULL,
    service        INTEGER NOT NULL,
    start_at       INTEGER NOT NULL,
    minutes        INTEGER NOT NULL,
    buffer_minutes INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    complaint      TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    encounter      INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number),
    FOREIGN KEY (tenant, instance, service) REFERENCES service (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX appointment_by_patient ON appointment (tenant, instance, patient, id);
CREATE INDEX appointment_by_provider ON appointment (tenant, instance, provider, id);
CREATE INDEX appointment_agenda ON appointment (tenant, instance, provider, start_at, id);

-- No provider's time is given twice: each piece of it can be here once.
CREATE TABLE appointment_hold (
    tenant      TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    provider    INTEGER NOT NULL,
    piece       INTEGER NOT NULL, -- five minutes, counted from 1970
    appointment INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, provider, piece),
    FOREIGN KEY (tenant, instance, appointment) REFERENCES appointment (tenant, instance, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_by_email ON provider (tenant, instance, lower(email), number) WHERE email <> '';
