-- +goose Up

-- Keys are text compared bytewise, times are UTC microseconds, booleans are booleans.
-- Everything that belongs to an instance leads its keys with tenant, instance.

CREATE TABLE tenant (
    name                    text COLLATE "C" NOT NULL PRIMARY KEY,
    title                   text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL
);

CREATE TABLE instance (
    tenant                  text COLLATE "C" NOT NULL REFERENCES tenant (name),
    instance                text COLLATE "C" NOT NULL,
    time_zone               text COLLATE "C" NOT NULL,
    unknown_consent_refused boolean          NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance)
);

CREATE TABLE client (
    name                    text COLLATE "C" NOT NULL PRIMARY KEY,
    tenant                  text COLLATE "C" NOT NULL,
    title                   text COLLATE "C" NOT NULL,
    secret_hash             bytea            NOT NULL,
    enabled                 boolean          NOT NULL,
    home                    text COLLATE "C" NOT NULL,
    instances               text COLLATE "C" NOT NULL,
    blocked_until           bigint,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    FOREIGN KEY (tenant, home) REFERENCES instance (tenant, instance)
);
CREATE INDEX client_by_tenant ON client (tenant, name);

CREATE TABLE client_grant (
    client                  text COLLATE "C" NOT NULL REFERENCES client (name),
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    until_at                bigint,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (client, tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

CREATE TABLE token (
    hash                    bytea            NOT NULL PRIMARY KEY,
    tenant                  text COLLATE "C" NOT NULL,
    client                  text COLLATE "C" NOT NULL REFERENCES client (name),
    issued_at               bigint           NOT NULL,
    expires_at              bigint           NOT NULL
);
CREATE INDEX token_by_client ON token (client, issued_at);
CREATE INDEX token_by_end ON token (expires_at);

CREATE TABLE attempt (
    key                     text COLLATE "C" NOT NULL PRIMARY KEY,
    began_at                bigint           NOT NULL,
    attempts                bigint           NOT NULL
);
CREATE INDEX attempt_by_age ON attempt (began_at);

CREATE TABLE counter (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    value                   bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

-- Patients and providers share one sequence of numbers: whoever has one is here.
CREATE TABLE person (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    number                  bigint           NOT NULL,
    kind                    text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, instance, number),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

CREATE TABLE patient (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    number                  bigint           NOT NULL,
    first_name              text COLLATE "C" NOT NULL,
    middle_name             text COLLATE "C" NOT NULL,
    last_name               text COLLATE "C" NOT NULL,
    birth_date              text COLLATE "C" NOT NULL,
    gender                  text COLLATE "C" NOT NULL,
    email                   text COLLATE "C" NOT NULL,
    phone                   text COLLATE "C" NOT NULL,
    country_code            text COLLATE "C" NOT NULL,
    time_zone               text COLLATE "C" NOT NULL,
    mrn                     text COLLATE "C" NOT NULL,
    external_id             text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, number),
    FOREIGN KEY (tenant, instance, number) REFERENCES person (tenant, instance, number)
);
CREATE UNIQUE INDEX patient_by_mrn ON patient (tenant, instance, mrn) WHERE mrn <> '';
CREATE UNIQUE INDEX patient_by_external_id ON patient (tenant, instance, external_id) WHERE external_id <> '';

CREATE TABLE provider (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    number                  bigint           NOT NULL,
    first_name              text COLLATE "C" NOT NULL,
    middle_name             text COLLATE "C" NOT NULL,
    last_name               text COLLATE "C" NOT NULL,
    title                   text COLLATE "C" NOT NULL,
    gender                  text COLLATE "C" NOT NULL,
    email                   text COLLATE "C" NOT NULL,
    phone                   text COLLATE "C" NOT NULL,
    country_code            text COLLATE "C" NOT NULL,
    time_zone               text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, number),
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, number) REFERENCES person (tenant, instance, number)
);

CREATE TABLE care_team (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    provider                bigint           NOT NULL,
    role                    text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, patient, provider),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
);

CREATE TABLE encounter (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      bigint           NOT NULL,
    patient                 bigint           NOT NULL,
    provider                bigint           NOT NULL,
    complaint               text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
);
CREATE INDEX encounter_by_patient ON encounter (tenant, instance, patient, id);

CREATE TABLE video_session (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    sid                     text COLLATE "C" NOT NULL,
    encounter               bigint           NOT NULL,
    status                  text COLLATE "C" NOT NULL,
    started_at              bigint           NOT NULL,
    ended_at                bigint,
    reported                bigint,
    others                  text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, encounter, id), -- a visit's sessions lie together
    UNIQUE (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
);
CREATE UNIQUE INDEX video_session_by_sid ON video_session (tenant, instance, sid) WHERE sid <> '';

CREATE TABLE voice_call (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    direction               text COLLATE "C" NOT NULL,
    status                  text COLLATE "C" NOT NULL,
    duration                bigint           NOT NULL,
    called_at               bigint           NOT NULL,
    started_at              bigint,
    answered_at             bigint,
    ended_at                bigint,
    from_number             text COLLATE "C" NOT NULL,
    to_number               text COLLATE "C" NOT NULL,
    external_id             text COLLATE "C" NOT NULL,
    source                  text COLLATE "C" NOT NULL,
    user_id                 text COLLATE "C" NOT NULL,
    encounter               bigint,
    legs                    text COLLATE "C" NOT NULL,
    voicemail               boolean          NOT NULL,
    media                   bigint           NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
);
-- A page of calls, and the count under any filter, are read from this alone.
CREATE INDEX voice_call_page ON voice_call
    (tenant, instance, patient, called_at, id, direction, status, media, duration);
CREATE INDEX voice_call_by_patient ON voice_call (tenant, instance, patient, id);

-- How many calls a patient has, and a number that moves when a page could change.
CREATE TABLE call_stats (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    total                   bigint           NOT NULL,
    version                 bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, patient),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
);

CREATE TABLE recording (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    name_status             text COLLATE "C" NOT NULL,
    form                    text COLLATE "C" NOT NULL, -- the name turned round: stem/folder/folder above/
    ext                     text COLLATE "C" NOT NULL,
    owner_kind              text COLLATE "C" NOT NULL,
    owner_id                text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    encounter               bigint,
    content_type            text COLLATE "C" NOT NULL,
    size                    bigint           NOT NULL,
    sha256                  bytea            NOT NULL,
    blob_key                text COLLATE "C" NOT NULL,
    duration                bigint,
    started_at              bigint,
    consent                 text COLLATE "C" NOT NULL,
    withheld_at             bigint,
    withheld_reason         text COLLATE "C" NOT NULL,
    deleted_at              bigint,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
);
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

CREATE TABLE audit_chain (
    chain                   text COLLATE "C" NOT NULL PRIMARY KEY,
    seq                     bigint           NOT NULL,
    hash                    bytea            NOT NULL,
    indexed                 bigint           NOT NULL -- audit_subject is whole up to this number
);

CREATE TABLE audit_group (
    chain                   text COLLATE "C" NOT NULL,
    last_seq                bigint           NOT NULL,
    first_seq               bigint           NOT NULL,
    from_at                 bigint           NOT NULL,
    until_at                bigint           NOT NULL,
    hash                    bytea            NOT NULL,
    entries                 bytea            NOT NULL,
    PRIMARY KEY (chain, last_seq)
);

CREATE TABLE audit_subject (
    chain                   text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    last_seq                bigint           NOT NULL, -- of the group
    PRIMARY KEY (chain, patient, last_seq)
);

CREATE TABLE done (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    actor                   text COLLATE "C" NOT NULL,
    key                     text COLLATE "C" NOT NULL,
    fingerprint             text COLLATE "C" NOT NULL,
    result                  bytea            NOT NULL,
    done_at                 bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, actor, key)
);
CREATE INDEX done_by_age ON done (done_at);

-- Written now and then to see whether writing works.
CREATE TABLE heartbeat (
    id                      bigint           NOT NULL PRIMARY KEY,
    beat_at                 bigint           NOT NULL
);
