-- Registers: consents, orders of secrecy, cooperation teams. Whom an entry is about is a keyed digest; texts and
-- addresses are in `sealed`, opaque bytes bound to the id. Days are YYYY-MM-DD, local; times are milliseconds since
-- 1970-01-01 UTC. `meta` counts the changes under `register_changes`.

CREATE TABLE consent (
    id           BYTEA PRIMARY KEY CHECK (length(id) = 16),
    person       TEXT NOT NULL,
    categories   TEXT NOT NULL,               -- sorted words, one space between
    given        TEXT NOT NULL,
    expires      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    withdrawn_at BIGINT,
    sealed       BYTEA NOT NULL
);

CREATE TABLE secrecy_order (
    id         BYTEA PRIMARY KEY CHECK (length(id) = 16),
    person     TEXT NOT NULL,
    first_day  TEXT NOT NULL,
    last_day   TEXT,
    created_at BIGINT NOT NULL,
    sealed     BYTEA NOT NULL
);

CREATE TABLE team (
    id           BYTEA PRIMARY KEY CHECK (length(id) = 16),
    person       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    consent      BYTEA REFERENCES consent (id),
    expires      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    opted_out_at BIGINT,
    ended_at     BIGINT,
    sealed       BYTEA NOT NULL
);
