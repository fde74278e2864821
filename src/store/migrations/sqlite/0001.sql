-- Held mail, audit chains, outbox, daily totals. Times are milliseconds since 1970-01-01 UTC.
-- Nothing personal is in clear here: evidence, content and outbox payloads are opaque bytes, digests
-- are keyed with a secret that is not in this database.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The queue record.
CREATE TABLE held (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    reference       TEXT NOT NULL,
    unit            TEXT NOT NULL,
    categories      TEXT NOT NULL,            -- sorted words, one space between
    severity        TEXT NOT NULL,
    channels        TEXT NOT NULL,            -- sorted words, one space between
    mode            TEXT NOT NULL,
    urgent          INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    copy_digest     TEXT,
    state           TEXT NOT NULL
        CHECK (state IN ('held', 'releasing', 'released', 'returned', 'discarded', 'expired')),
    release_failed  INTEGER NOT NULL DEFAULT 0 CHECK (release_failed IN (0, 1)),
    held_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    release_started INTEGER,
    next_attempt    INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    lease_owner     TEXT,
    lease_epoch     INTEGER NOT NULL DEFAULT 0,
    lease_until     INTEGER                   -- by the database's clock
) STRICT, WITHOUT ROWID;

CREATE INDEX held_by_state ON held (state, held_at);
CREATE INDEX held_by_reference ON held (reference);
CREATE INDEX held_by_copy ON held (copy_digest, held_at) WHERE copy_digest IS NOT NULL;

-- What a release has reached; the address is in the sealed content at the same position.
CREATE TABLE recipient (
    message  BLOB NOT NULL REFERENCES held (id),
    position INTEGER NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
    reply    TEXT,                            -- code and enhanced code of the last reply
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE value_digest (
    message BLOB NOT NULL REFERENCES held (id),
    digest  TEXT NOT NULL,
    PRIMARY KEY (message, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX value_digest_by_digest ON value_digest (digest);

CREATE TABLE evidence (
    message BLOB PRIMARY KEY REFERENCES held (id),
    sealed  BLOB NOT NULL
) STRICT;

CREATE TABLE content (
    message BLOB NOT NULL REFERENCES held (id),
    chunk   INTEGER NOT NULL,
    sealed  BLOB NOT NULL CHECK (length(sealed) <= 1048576),
    PRIMARY KEY (message, chunk)
) STRICT;

CREATE TABLE audit (
    writer    TEXT NOT NULL,
    sequence  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    event     TEXT NOT NULL,
    actor     TEXT NOT NULL,
    message   BLOB,
    reference TEXT,
    unit      TEXT,
    reason    TEXT,
    detail    TEXT,
    previous  BLOB NOT NULL CHECK (length(previous) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (writer, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_message ON audit (message) WHERE message IS NOT NULL;

-- The last link of each chain, so that a chain cut short is seen.
CREATE TABLE audit_head (
    writer   TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    reference   TEXT,
    payload     BLOB,                         -- erased when the notice has ended
    created_at  INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,                      -- by the database's clock
    ended       TEXT CHECK (ended IN ('delivered', 'failed')),
    CHECK ((ended IS NULL) = (payload IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_due ON outbox (due) WHERE ended IS NULL;

CREATE TABLE total (
    day      TEXT NOT NULL,                   -- YYYY-MM-DD, local
    unit     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    category TEXT NOT NULL,
    channel  TEXT NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (day, unit, outcome, category, channel)
) STRICT, WITHOUT ROWID;
