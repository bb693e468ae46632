-- +goose Up

-- Keys are text compared bytewise, times are UTC microseconds, booleans 0 or 1.
-- Everything that belongs to an instance leads its keys with tenant, instance.

CREATE TABLE tenant (
    name       TEXT    NOT NULL PRIMARY KEY,
    title      TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE instance (
    tenant                  TEXT    NOT NULL REFERENCES tenant (name),
    instance                TEXT    NOT NULL,
    time_zone               TEXT    NOT NULL,
    unknown_consent_refused INTEGER NOT NULL,
    created_at              INTEGER NOT NULL,
    updated_at              INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
    name          TEXT    NOT NULL PRIMARY KEY,
    tenant        TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    secret_hash   BLOB    NOT NULL,
    enabled       INTEGER NOT NULL,
    home          TEXT    NOT NULL,
    instances     TEXT    NOT NULL,
    blocked_until INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    FOREIGN KEY (tenant, home) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_by_tenant ON client (tenant, name);

CREATE TABLE client_grant (
    client     TEXT    NOT NULL REFERENCES client (name),
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    until_at   INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (client, tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    hash       BLOB    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    client     TEXT    NOT NULL REFERENCES client (name),
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_client ON token (client, issued_at);
CREATE INDEX token_by_end ON token (expires_at);

CREATE TABLE attempt (
    key       TEXT    NOT NULL PRIMARY KEY,
    began_at  INTEGER NOT NULL,
    attempts  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_age ON attempt (began_at);

CREATE TABLE counter (
    tenant   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    value    INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;

-- Patients and providers share one sequence of numbers: whoever has one is here.
CREATE TABLE person (
    tenant   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    number   INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    PRIMARY KEY (tenant, instance, number),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE patient (
    tenant       TEXT    NOT NULL,
    instance     TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    first_name   TEXT    NOT NULL,
    middle_name  TEXT    NOT NULL,
    last_name    TEXT    NOT NULL,
    birth_date   TEXT    NOT NULL,
    gender       TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    country_code TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    mrn          TEXT    NOT NULL,
    external_id  TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, number),
    FOREIGN KEY (tenant, instance, number) REFERENCES person (tenant, instance, number)
) STRICT;
CREATE UNIQUE INDEX patient_by_mrn ON patient (tenant, instance, mrn) WHERE mrn <> '';
CREATE UNIQUE INDEX patient_by_external_id ON patient (tenant, instance, external_id) WHERE external_id <> '';

CREATE TABLE provider (
    tenant       TEXT    NOT NULL,
    instance     TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    first_name   TEXT    NOT NULL,
    middle_name  TEXT    NOT NULL,
    last_name    TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    gender       TEXT    NOT NULL,
    email        TEXT    NOT NULL,
    phone        TEXT    NOT NULL,
    country_code TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, number),
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, number) REFERENCES person (tenant, instance, number)
) STRICT;

CREATE TABLE care_team (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    patient    TEXT    NOT NULL,
    provider   INTEGER NOT NULL,
    role       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, patient, provider),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE encounter (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         INTEGER NOT NULL,
    patient    INTEGER NOT NULL,
    provider   INTEGER NOT NULL,
    complaint  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX encounter_by_patient ON encounter (tenant, instance, patient, id);

CREATE TABLE video_session (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    sid        TEXT    NOT NULL,
    encounter  INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    reported   INTEGER,
    others     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, encounter, id), -- a visit's sessions lie together
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX video_session_by_sid ON video_session (tenant, instance, sid) WHERE sid <> '';

CREATE TABLE voice_call (
    tenant      TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    patient     TEXT    NOT NULL,
    direction   TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    duration    INTEGER NOT NULL,
    called_at   INTEGER NOT NULL,
    started_at  INTEGER,
    answered_at INTEGER,
    ended_at    INTEGER,
    from_number TEXT    NOT NULL,
    to_number   TEXT    NOT NULL,
    external_id TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    encounter   INTEGER,
    legs        TEXT    NOT NULL,
    voicemail   INTEGER NOT NULL,
    media       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
) STRICT;
-- A page of calls, and the count under any filter, are read from this alone.
CREATE INDEX voice_call_page ON voice_call
    (tenant, instance, patient, called_at, id, direction, status, media, duration);
CREATE INDEX voice_call_by_patient ON voice_call (tenant, instance, patient, id);

-- How many calls a patient has, and a number that moves when a page could change.
CREATE TABLE call_stats (
    tenant   TEXT    NOT NULL,
    instance TEXT    NOT NULL,
    patient  TEXT    NOT NULL,
    total    INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, patient),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE recording (
    tenant          TEXT    NOT NULL,
    instance        TEXT    NOT NULL,
    id              TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    name_status     TEXT    NOT NULL,
    form            TEXT    NOT NULL, -- the name turned round: stem/folder/folder above/
    ext             TEXT    NOT NULL,
    owner_kind      TEXT    NOT NULL,
    owner_id        TEXT    NOT NULL,
    patient         TEXT    NOT NULL,
    encounter       INTEGER,
    content_type    TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    sha256          BLOB    NOT NULL,
    blob_key        TEXT    NOT NULL,
    duration        INTEGER,
    started_at      INTEGER,
    consent         TEXT    NOT NULL,
    withheld_at     INTEGER,
    withheld_reason TEXT    NOT NULL,
    deleted_at      INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
) STRICT;
CREATE UNIQUE INDEX recording_held ON recording (tenant, instance, name)
    WHERE name_status = 'held' AND deleted_at IS NULL;
CREATE INDEX recording_by_form ON recording (tenant, instance, form, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX recording_by_owner ON recording (tenant, instance, owner_kind, owner_id, created_at, id);
CREATE INDEX recording_by_patient ON recording (tenant, instance, patient, created_at, id);
CREATE INDEX recording_by_age ON recording (tenant, instance, created_at, id);
CREATE INDEX recording_waiting ON recording (tenant, instance, created_at, id)
    WHERE name_status = 'waiting' AND deleted_at IS NULL;
CREATE INDEX recording_withheld ON recording (tenant, instance, created_at, id) WHERE withheld_at IS NOT NULL;
CREATE INDEX recording_by_blob ON recording (blob_key) WHERE deleted_at IS NULL;

CREATE TABLE done (
    tenant      TEXT    NOT NULL,
    instance    TEXT    NOT NULL,
    actor       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    result      BLOB    NOT NULL,
    done_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, actor, key)
) STRICT;
CREATE INDEX done_by_age ON done (done_at);

-- Written now and then to see whether writing works.
CREATE TABLE heartbeat (
    id      INTEGER NOT NULL PRIMARY KEY,
    beat_at INTEGER NOT NULL
) STRICT;
