-- Accounts, and what those who sign in ask for. Times are milliseconds since 1970-01-01 UTC.

-- A person is known by a keyed digest of the work address. Address, password hash and secret of the codes are encrypted
-- together under the account's id.
CREATE TABLE account (
    id            BYTEA PRIMARY KEY CHECK (length(id) = 16),
    login         TEXT NOT NULL UNIQUE,
    roles         TEXT NOT NULL,                     -- words with a space between
    units         TEXT NOT NULL,
    language      TEXT,
    created_at    BIGINT NOT NULL,
    enrolled_at   BIGINT,                           -- password and codes are set; nobody signs in before
    disabled_at   BIGINT,
    locked_at     BIGINT,                           -- too many wrong codes behind the right password
    code_failures BIGINT NOT NULL DEFAULT 0,
    code_step     BIGINT NOT NULL DEFAULT 0,        -- the last step of time whose code was taken
    sealed        BYTEA NOT NULL
);

-- Links by which password and codes are set, by a digest of the token.
CREATE TABLE enrolment (
    digest  BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    account BYTEA NOT NULL REFERENCES account (id),
    until   BIGINT NOT NULL
);

-- A used one is deleted.
CREATE TABLE recovery_code (
    account BYTEA NOT NULL REFERENCES account (id),
    digest  BYTEA NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (account, digest)
);

CREATE TABLE session (
    digest   BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    account  BYTEA NOT NULL REFERENCES account (id),
    began_at BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL
);
CREATE INDEX session_by_account ON session (account);

-- By the keyed digest of what was typed, whether there is such an account or not.
CREATE TABLE sign_in_attempt (
    login      TEXT PRIMARY KEY,
    failures   BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    at         BIGINT NOT NULL
);

-- An exception that the sender of a held mail asks for. What he has documented is encrypted under the request's id.
CREATE TABLE exception_request (
    id      BYTEA PRIMARY KEY CHECK (length(id) = 16),
    message BYTEA NOT NULL REFERENCES held (id),
    account BYTEA NOT NULL,
    at      BIGINT NOT NULL,
    code    TEXT NOT NULL,
    sealed  BYTEA NOT NULL
);
CREATE UNIQUE INDEX exception_request_by_message ON exception_request (message);

-- Somebody has to look, by then, at what went out without waiting for it: a held message, or a disclosure of one that
-- was never held.
CREATE TABLE review (
    id         BYTEA PRIMARY KEY CHECK (length(id) = 16),
    reference  TEXT,                                 -- of a held message
    unit       TEXT NOT NULL,
    actor      TEXT NOT NULL,                        -- as in the audit chain
    what       TEXT NOT NULL,                        -- what opened it: disclosure:ID, code:EX-…
    asked_at   BIGINT NOT NULL,
    due        BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT,
    outcome    TEXT CHECK (outcome IN ('confirmed', 'objected'))
);
CREATE INDEX review_due ON review (due) WHERE decided_at IS NULL;
