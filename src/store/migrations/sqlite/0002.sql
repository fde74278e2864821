-- Registers: consents, orders of secrecy, cooperation teams. Whom an entry is about is a keyed digest; texts and
-- addresses are in `sealed`, opaque bytes bound to the id. Days are YYYY-MM-DD, local; times are milliseconds since
-- 1970-01-01 UTC. `meta` counts the changes under `register_changes`.

CREATE TABLE consent (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    person       TEXT NOT NULL,
    categories   TEXT NOT NULL,               -- sorted words, one space between
    given        TEXT NOT NULL,
    expires      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    withdrawn_at INTEGER,
    sealed       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secrecy_order (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    person     TEXT NOT NULL,
    first_day  TEXT NOT NULL,
    last_day   TEXT,
    created_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    person       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    consent      BLOB REFERENCES consent (id),
    expires      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    opted_out_at INTEGER,
    ended_at     INTEGER,
    sealed       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
