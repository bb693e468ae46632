-- +goose Up

CREATE TABLE practice (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    customer_code           text COLLATE "C" NOT NULL,
    signup_hash             bytea            NOT NULL,
    languages               text COLLATE "C" NOT NULL,
    hours                   text COLLATE "C" NOT NULL,
    notice_minutes          bigint           NOT NULL,
    horizon_days            bigint           NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance),
    UNIQUE (tenant, customer_code),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

-- Instances that are there already become practices as new ones do.
INSERT INTO practice (tenant, instance, customer_code, signup_hash, languages, hours, notice_minutes, horizon_days, created_at, updated_at)
SELECT tenant, instance, instance, ''::bytea, '["en"]',
    'mon 09:00-17:00; tue 09:00-17:00; wed 09:00-17:00; thu 09:00-17:00; fri 09:00-17:00', 0, 365, created_at, updated_at
FROM instance;

CREATE TABLE service (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      bigint           NOT NULL,
    name                    text COLLATE "C" NOT NULL,
    minutes                 bigint           NOT NULL,
    buffer_minutes          bigint           NOT NULL,
    retired                 boolean          NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, name),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance)
);

CREATE TABLE assignment (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    patient                 bigint           NOT NULL,
    service                 bigint           NOT NULL,
    provider                bigint,
    start_date              text COLLATE "C" NOT NULL,
    end_date                text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, service) REFERENCES service (tenant, instance, id),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
);
CREATE INDEX assignment_by_patient ON assignment (tenant, instance, patient, start_date, id);

-- What is known of a person beyond what look-ups read, as JSON.
CREATE TABLE person_details (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    person                  bigint           NOT NULL,
    details                 text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, instance, person),
    FOREIGN KEY (tenant, instance, person) REFERENCES person (tenant, instance, number)
);

CREATE TABLE registration (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    client                  text COLLATE "C" NOT NULL,
    fingerprint             text COLLATE "C" NOT NULL,
    patient                 bigint           NOT NULL,
    registered_at           bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, client, fingerprint),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number)
);
CREATE INDEX registration_by_age ON registration (registered_at);

CREATE TABLE schedule (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    provider                bigint           NOT NULL,
    hours                   text COLLATE "C", -- NULL where they are the practice's
    services                text COLLATE "C" NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, provider),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
);

CREATE TABLE schedule_day (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    provider                bigint           NOT NULL,
    date                    text COLLATE "C" NOT NULL,
    hours                   text COLLATE "C" NOT NULL, -- empty on a day off
    note                    text COLLATE "C" NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, provider, date),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number)
);

CREATE TABLE appointment (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      bigint           NOT NULL,
    patient                 bigint           NOT NULL,
    provider                bigint           NOT NULL,
    service                 bigint           NOT NULL,
    start_at                bigint           NOT NULL,
    minutes                 bigint           NOT NULL,
    buffer_minutes          bigint           NOT NULL,
    status                  text COLLATE "C" NOT NULL,
    complaint               text COLLATE "C" NOT NULL,
    reason                  text COLLATE "C" NOT NULL,
    encounter               bigint,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    FOREIGN KEY (tenant, instance, patient) REFERENCES patient (tenant, instance, number),
    FOREIGN KEY (tenant, instance, provider) REFERENCES provider (tenant, instance, number),
    FOREIGN KEY (tenant, instance, service) REFERENCES service (tenant, instance, id),
    FOREIGN KEY (tenant, instance, encounter) REFERENCES encounter (tenant, instance, id)
);
CREATE INDEX appointment_by_patient ON appointment (tenant, instance, patient, id);
CREATE INDEX appointment_by_provider ON appointment (tenant, instance, provider, id);
CREATE INDEX appointment_agenda ON appointment (tenant, instance, provider, start_at, id);

-- No provider's time is given twice: each piece of it can be here once.
CREATE TABLE appointment_hold (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    provider                bigint           NOT NULL,
    piece                   bigint           NOT NULL, -- five minutes, counted from 1970
    appointment             bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, provider, piece),
    FOREIGN KEY (tenant, instance, appointment) REFERENCES appointment (tenant, instance, id)
);

CREATE INDEX provider_by_email ON provider (tenant, instance, lower(email), number) WHERE email <> '';
