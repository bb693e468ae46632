-- +goose Up

-- A person's way in. One person has one, an address has one: id is the patient's
-- or provider's, and staff who are neither have no person.
CREATE TABLE login (
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    id                      text COLLATE "C" NOT NULL,
    email                   text COLLATE "C" NOT NULL, -- trimmed, in lower case
    role                    text COLLATE "C" NOT NULL,
    person                  bigint,
    password_hash           text COLLATE "C" NOT NULL, -- empty where there is none
    failures                bigint           NOT NULL, -- since the last right password
    enabled                 boolean          NOT NULL,
    password_at             bigint,
    created_at              bigint           NOT NULL,
    updated_at              bigint           NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, email),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance),
    FOREIGN KEY (tenant, instance, person) REFERENCES person (tenant, instance, number)
);

-- What lets one person in once: by the SHA-256 of its token.
CREATE TABLE login_link (
    hash                    bytea            NOT NULL PRIMARY KEY,
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    login                   text COLLATE "C" NOT NULL,
    purpose                 text COLLATE "C" NOT NULL,
    target                  text COLLATE "C" NOT NULL,
    used_at                 bigint,
    issued_at               bigint           NOT NULL,
    expires_at              bigint           NOT NULL,
    FOREIGN KEY (tenant, instance, login) REFERENCES login (tenant, instance, id)
);
CREATE INDEX login_link_by_login ON login_link (tenant, instance, login, purpose);
CREATE INDEX login_link_by_end ON login_link (expires_at);

-- Who is in: by the SHA-256 of the cookie.
CREATE TABLE web_session (
    hash                    bytea            NOT NULL PRIMARY KEY,
    tenant                  text COLLATE "C" NOT NULL,
    instance                text COLLATE "C" NOT NULL,
    login                   text COLLATE "C" NOT NULL,
    created_at              bigint           NOT NULL,
    seen_at                 bigint           NOT NULL,
    expires_at              bigint           NOT NULL,
    FOREIGN KEY (tenant, instance, login) REFERENCES login (tenant, instance, id)
);
CREATE INDEX web_session_by_login ON web_session (tenant, instance, login);
CREATE INDEX web_session_by_end ON web_session (expires_at);
