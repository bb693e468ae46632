-- +goose Up

-- A person's way in. One person has one, an address has one: id is the patient's
-- or provider's, and staff who are neither have no person.
CREATE TABLE login (
    tenant        TEXT    NOT NULL,
    instance      TEXT    NOT NULL,
    id            TEXT    NOT NULL,
    email         TEXT    NOT NULL, -- trimmed, in lower case
    role          TEXT    NOT NULL,
    person        INTEGER,
    password_hash TEXT    NOT NULL, -- empty where there is none
    failures      INTEGER NOT NULL, -- since the last right password
    enabled       INTEGER NOT NULL,
    password_at   INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (tenant, instance, id),
    UNIQUE (tenant, instance, email),
    FOREIGN KEY (tenant, instance) REFERENCES instance (tenant, instance),
    FOREIGN KEY (tenant, instance, person) REFERENCES person (tenant, instance, number)
) STRICT;

-- What lets one person in once: by the SHA-256 of its token.
CREATE TABLE login_link (
    hash       BLOB    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    login      TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    used_at    INTEGER,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (tenant, instance, login) REFERENCES login (tenant, instance, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_link_by_login ON login_link (tenant, instance, login, purpose);
CREATE INDEX login_link_by_end ON login_link (expires_at);

-- Who is in: by the SHA-256 of the cookie.
CREATE TABLE web_session (
    hash       BLOB    NOT NULL PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    instance   TEXT    NOT NULL,
    login      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (tenant, instance, login) REFERENCES login (tenant, instance, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_by_login ON web_session (tenant, instance, login);
CREATE INDEX web_session_by_end ON web_session (expires_at);
