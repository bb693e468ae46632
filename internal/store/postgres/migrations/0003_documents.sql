-- +goose Up

-- What is in a patient's chart beside visits and calls: files, forms, laboratory
-- reports, readings of devices, notes, analyses.

CREATE TABLE file (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    content_type            text COLLATE "C" NOT NULL,
    size                    bigint           NOT NULL,
    sha256                  bytea            NOT NULL,
    blob_key                text COLLATE "C" NOT NULL,
    uploader                text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C", -- null while no form cites it
    cited_at                bigint,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
);
CREATE INDEX file_by_blob ON file (blob_key);
CREATE INDEX file_uncited ON file (created_at, tenant, instance, id) WHERE patient IS NULL;
CREATE INDEX file_by_uploader ON file (tenant, instance, uploader, size) WHERE patient IS NULL;

CREATE TABLE form_definition (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    questions               text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

CREATE TABLE form (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    definition              text COLLATE "C" NOT NULL, -- what it was checked by, which may be gone since
    files                   text COLLATE "C" NOT NULL,
    sender                  text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    responses               bytea            NOT NULL, -- word for word
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
);
CREATE INDEX form_by_patient ON form (tenant, instance, patient, created_at, id);
CREATE INDEX form_by_age ON form (tenant, instance, created_at, id);

CREATE TABLE lab_report (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    sender                  text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
);
CREATE INDEX lab_report_by_patient ON lab_report (tenant, instance, patient, created_at, id);
CREATE INDEX lab_report_by_age ON lab_report (tenant, instance, created_at, id);

CREATE TABLE lab_observation (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL, -- the laboratory's
    report                  text COLLATE "C" NOT NULL,
    place                   bigint           NOT NULL, -- in the report
    bio_marker              text COLLATE "C" NOT NULL,
    result                  bytea            NOT NULL, -- a JSON string or number, as it was sent
    unit                    text COLLATE "C" NOT NULL,
    flag                    text COLLATE "C" NOT NULL,
    range_high              text COLLATE "C" NOT NULL,
    range_low               text COLLATE "C" NOT NULL,
    effective               text COLLATE "C" NOT NULL, -- as it was sent
    effective_at            bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, patient, id),
    FOREIGN KEY (tenant, instance, report) REFERENCES lab_report (tenant, instance, id)
);
CREATE INDEX lab_observation_by_report ON lab_observation (tenant, instance, report, place);

CREATE TABLE reading (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    kind                    text COLLATE "C" NOT NULL,
    sender_key              text COLLATE "C" NOT NULL,
    source                  text COLLATE "C" NOT NULL,
    recorded                text COLLATE "C" NOT NULL, -- as it was sent
    recorded_day            text COLLATE "C" NOT NULL,
    recorded_at             bigint           NOT NULL,
    in_bed_minutes          bigint,
    asleep_minutes          bigint,
    steps                   bigint,
    spo2                    text COLLATE "C" NOT NULL,
    pulse                   text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id)
);
CREATE INDEX reading_by_time ON reading (tenant, instance, patient, kind, recorded_at, id);
CREATE UNIQUE INDEX reading_by_key ON reading (tenant, instance, patient, kind, sender_key) WHERE sender_key <> '';

CREATE TABLE note (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    provider                bigint           NOT NULL,
    encounter               bigint,
    title                   text COLLATE "C" NOT NULL,
    kind                    text COLLATE "C" NOT NULL,
    about_date              text COLLATE "C" NOT NULL,
    amends                  text COLLATE "C",
    sender                  text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    body                    text COLLATE "C" NOT NULL,
    subjective              text COLLATE "C" NOT NULL,
    objective               text COLLATE "C" NOT NULL,
    assessment              text COLLATE "C" NOT NULL,
    care_plan               text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id),
    FOREIGN KEY (tenant, instance, amends) REFERENCES note (tenant, instance, id)
);
CREATE INDEX note_by_patient ON note (tenant, instance, patient, created_at, id);
CREATE INDEX note_by_age ON note (tenant, instance, created_at, id);
CREATE INDEX note_by_amended ON note (tenant, instance, amends) WHERE amends IS NOT NULL;

CREATE TABLE analysis (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 text COLLATE "C" NOT NULL,
    encounter               bigint           NOT NULL,
    recording               text COLLATE "C",
    status                  text COLLATE "C" NOT NULL,
    engine                  text COLLATE "C" NOT NULL,
    engine_version          text COLLATE "C" NOT NULL,
    language                text COLLATE "C" NOT NULL,
    sender                  text COLLATE "C" NOT NULL,
    signed_by               bigint,
    signed_at               bigint,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    document                bytea            NOT NULL, -- word for word
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id),
    FOREIGN KEY (tenant, instance, recording) REFERENCES recording (tenant, instance, id),
    FOREIGN KEY (tenant, instance, signed_by) REFERENCES provider (tenant, instance, number)
);
CREATE INDEX analysis_by_patient ON analysis (tenant, instance, patient, created_at, id);
CREATE INDEX analysis_by_encounter ON analysis (tenant, instance, encounter, created_at, id);
CREATE INDEX analysis_by_age ON analysis (tenant, instance, created_at, id);

-- The patients in numbered pages, by when they were registered, and how many
-- there are.
CREATE INDEX patient_by_creation ON patient (tenant, instance, created_at, id);
INSERT INTO counter (tenant, instance, name, value)
SELECT tenant, instance, 'patients', count(*) FROM patient GROUP BY tenant, instance;
