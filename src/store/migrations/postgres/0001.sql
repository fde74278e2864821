-- Held mail, audit chains, outbox, daily totals. Times are milliseconds since 1970-01-01 UTC.
-- Nothing personal is in clear here: evidence, content and outbox payloads are opaque bytes, digests
-- are keyed with a secret that is not in this database. Flags are 0 or 1, so that both databases are spoken to in
-- the same words; what is sorted by a text is sorted by its bytes, whatever the locale.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The queue record.
CREATE TABLE held (
    id              BYTEA PRIMARY KEY CHECK (length(id) = 16),
    reference       TEXT NOT NULL,
    unit            TEXT NOT NULL,
    categories      TEXT NOT NULL,            -- sorted words, one space between
    severity        TEXT NOT NULL,
    channels        TEXT NOT NULL,            -- sorted words, one space between
    mode            TEXT NOT NULL,
    urgent          BIGINT NOT NULL CHECK (urgent IN (0, 1)),
    copy_digest     TEXT,
    state           TEXT NOT NULL
        CHECK (state IN ('held', 'releasing', 'released', 'returned', 'discarded', 'expired')),
    release_failed  BIGINT NOT NULL DEFAULT 0 CHECK (release_failed IN (0, 1)),
    held_at         BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    release_started BIGINT,
    next_attempt    BIGINT,
    attempts        BIGINT NOT NULL DEFAULT 0,
    lease_owner     TEXT,
    lease_epoch     BIGINT NOT NULL DEFAULT 0,
    lease_until     BIGINT                   -- by the database's clock
);

CREATE INDEX held_by_state ON held (state, held_at, id);
CREATE INDEX held_by_reference ON held (reference);
CREATE INDEX held_by_copy ON held (copy_digest, held_at) WHERE copy_digest IS NOT NULL;

-- What a release has reached; the address is in the sealed content at the same position.
CREATE TABLE recipient (
    message  BYTEA NOT NULL REFERENCES held (id),
    position BIGINT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
    reply    TEXT,                            -- code and enhanced code of the last reply
    PRIMARY KEY (message, position)
);

CREATE TABLE value_digest (
    message BYTEA NOT NULL REFERENCES held (id),
    digest  TEXT NOT NULL,
    PRIMARY KEY (message, digest)
);

CREATE INDEX value_digest_by_digest ON value_digest (digest);

CREATE TABLE evidence (
    message BYTEA PRIMARY KEY REFERENCES held (id),
    sealed  BYTEA NOT NULL
);

CREATE TABLE content (
    message BYTEA NOT NULL REFERENCES held (id),
    chunk   BIGINT NOT NULL,
    sealed  BYTEA NOT NULL CHECK (length(sealed) <= 1048576),
    PRIMARY KEY (message, chunk)
);

-- Sealed bytes do not get shorter.
ALTER TABLE evidence ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE content ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE audit (
    writer    TEXT COLLATE "C" NOT NULL,
    sequence  BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    event     TEXT NOT NULL,
    actor     TEXT NOT NULL,
    message   BYTEA,
    reference TEXT,
    unit      TEXT,
    reason    TEXT,
    detail    TEXT,
    previous  BYTEA NOT NULL CHECK (length(previous) = 32),
    hash      BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (writer, sequence)
);

CREATE INDEX audit_by_message ON audit (message) WHERE message IS NOT NULL;

-- The last link of each chain, so that a chain cut short is seen.
CREATE TABLE audit_head (
    writer   TEXT COLLATE "C" PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE outbox (
    id          BYTEA PRIMARY KEY CHECK (length(id) = 16),
    reference   TEXT,
    payload     BYTEA,                         -- erased when the notice has ended
    created_at  BIGINT NOT NULL,
    due         BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,                      -- by the database's clock
    ended       TEXT CHECK (ended IN ('delivered', 'failed')),
    CHECK ((ended IS NULL) = (payload IS NOT NULL))
);

CREATE INDEX outbox_by_due ON outbox (due) WHERE ended IS NULL;

CREATE TABLE total (
    day      TEXT COLLATE "C" NOT NULL,                   -- YYYY-MM-DD, local
    unit     TEXT COLLATE "C" NOT NULL,
    outcome  TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    count    BIGINT NOT NULL,
    PRIMARY KEY (day, unit, outcome, category, channel)
);
