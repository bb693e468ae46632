-- +goose Up

-- What is in a patient's chart beside visits and calls: files, forms, laboratory
-- reports, readings of devices, notes, analyses.

CREATE TABLE file (
    tenant       TEXT    NOT NULL,
    instance     TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    sha256       BLOB    NOT NULL,
    blob_key     TEXT    NOT NULL,
    uploader     TEXT    NOT NULL,
    patient      TEXT, -- null while no form cites it
    cited_at     INTEGER,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
) STRICT;
CREATE INDEX file_by_blob ON file (blob_key);
CREATE INDEX file_uncited ON file (created_at, tenant, instance, id) WHERE patient IS NULL;
CREATE INDEX file_by_uploader ON file (tenant, instance, uploader, size) WHERE patient IS NULL;

CREATE TABLE form_definition (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    questions  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
) STRICT;

CREATE TABLE form (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    patient    TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    definition TEXT    NOT NULL, -- what it was checked by, which may be gone since
    files      TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    responses  BLOB    NOT NULL, -- word for word
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
) STRICT;
CREATE INDEX form_by_patient ON form (tenant, instance, patient, created_at, id);
CREATE INDEX form_by_age ON form (tenant, instance, created_at, id);

CREATE TABLE lab_report (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    patient    TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
) STRICT;
CREATE INDEX lab_report_by_patient ON lab_report (tenant, instance, patient, created_at, id);
CREATE INDEX lab_report_by_age ON lab_report (tenant, instance, created_at, id);

CREATE TABLE lab_observation (
    tenant       TEXT    NOT NULL,
    instance     TEXT    NOT NULL,
    patient      TEXT    NOT NULL,
    id           TEXT    NOT NULL, -- the laboratory's
    report       TEXT    NOT NULL,
    place        INTEGER NOT NULL, -- in the report
    bio_marker   TEXT    NOT NULL,
    result       BLOB    NOT NULL, -- a JSON string or number, as it was sent
    unit         TEXT    NOT NULL,
    flag         TEXT    NOT NULL,
    range_high   TEXT    NOT NULL,
    range_low    TEXT    NOT NULL,
    effective    TEXT    NOT NULL, -- as it was sent
    effective_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, patient, id),
    FOREIGN KEY (tenant, instance, report) REFERENCES lab_report (tenant, instance, id)
) STRICT;
CREATE INDEX lab_observation_by_report ON lab_observation (tenant, instance, report, place);

CREATE TABLE reading (
    tenant         TEXT    NOT NULL,
    instance       TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    patient        TEXT    NOT NULL,
    kind           TEXT    NOT NULL,
    sender_key     TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    recorded       TEXT    NOT NULL, -- as it was sent
    recorded_day   TEXT    NOT NULL,
    recorded_at    INTEGER NOT NULL,
    in_bed_minutes INTEGER,
    asleep_minutes INTEGER,
    steps          INTEGER,
    spo2           TEXT    NOT NULL,
    pulse          TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
) STRICT;
CREATE INDEX reading_by_time ON reading (tenant, instance, patient, kind, recorded_at, id);
CREATE UNIQUE INDEX reading_by_key ON reading (tenant, instance, patient, kind, sender_key) WHERE sender_key <> '';

CREATE TABLE note (
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    patient    TEXT    NOT NULL,
    provider   INTEGER NOT NULL,
    encounter  INTEGER,
    title      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    about_date TEXT    NOT NULL,
    amends     TEXT,
    sender     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    body       TEXT    NOT NULL,
    subjective TEXT    NOT NULL,
    objective  TEXT    NOT NULL,
    assessment TEXT    NOT NULL,
    care_plan  TEXT    NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id),
    FOREIGN KEY (tenant, instance, amends) REFERENCES note (tenant, instance, id)
) STRICT;
CREATE INDEX note_by_patient ON note (tenant, instance, patient, created_at, id);
CREATE INDEX note_by_age ON note (tenant, instance, created_at, id);
CREATE INDEX note_by_amended ON note (tenant, instance, amends) WHERE amends IS NOT NULL;

CREATE TABLE analysis (
    tenant         TEXT    NOT NULL,
    instance       TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    patient        TEXT    NOT NULL,
    encounter      INTEGER NOT NULL,
    recording      TEXT,
    status         TEXT    NOT NULL,
    engine         TEXT    NOT NULL,
    engine_version TEXT    NOT NULL,
    language       TEXT    NOT NULL,
    sender         TEXT    NOT NULL,
    signed_by      INTEGER,
    signed_at      INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    document       BLOB    NOT NULL, -- word for word
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id),
    FOREIGN KEY (tenant, instance, recording) REFERENCES recording (tenant, instance, id),
    FOREIGN KEY (tenant, instance, signed_by) REFERENCES provider (tenant, instance, number)
) STRICT;
CREATE INDEX analysis_by_patient ON analysis (tenant, instance, patient, created_at, id);
CREATE INDEX analysis_by_encounter ON analysis (tenant, instance, encounter, created_at, id);
CREATE INDEX analysis_by_age ON analysis (tenant, instance, created_at, id);

-- The patients in numbered pages, by when they were registered, and how many
-- there are.
CREATE INDEX patient_by_creation ON patient (tenant, instance, created_at, id);
INSERT INTO counter (tenant, instance, name, value)
SELECT tenant, instance, 'patients', count(*) FROM patient GROUP BY tenant, instance;
