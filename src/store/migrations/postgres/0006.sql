-- Retention of the record of decisions, and what is found again by mailbox and person. Times are milliseconds since
-- 1970-01-01 UTC; digests are keyed, sealed bytes are opaque.

-- Where each chain begins, once old links were deleted. A sealed event of a chain proves it.
CREATE TABLE audit_cut (
    writer   TEXT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash     BYTEA NOT NULL CHECK (octet_length(hash) = 32),
    held     BIGINT NOT NULL                  -- messages that the deleted links had held
);

-- Ended messages whose records were deleted, by state. A sealed event proves it, too.
CREATE TABLE removed (
    state TEXT PRIMARY KEY CHECK (state IN ('released', 'returned', 'discarded', 'expired')),
    count BIGINT NOT NULL
);

-- Events that are read again: where chains begin and end, and what processes there were.
CREATE INDEX audit_marks ON audit (writer, sequence)
    WHERE event IN ('anchored', 'checkpoint', 'pruned', 'started', 'stopped');

CREATE INDEX held_by_end ON held (ended_at, id) WHERE ended_at IS NOT NULL;

-- Whose mailboxes a mail was from and to: of a held message, or of one that an exception let go.
CREATE TABLE mailbox_digest (
    message BYTEA NOT NULL CHECK (octet_length(message) = 16),
    role    TEXT NOT NULL CHECK (role IN ('sender', 'recipient')),
    digest  TEXT NOT NULL,
    PRIMARY KEY (message, role, digest)
);

CREATE INDEX mailbox_digest_by_digest ON mailbox_digest (digest);

-- Who got a mail, sealed: each recipient of a release who accepted it, and all of a mail that an exception let go.
-- Kept as long as the chains.
CREATE TABLE disclosure (
    message  BYTEA NOT NULL CHECK (octet_length(message) = 16),
    position BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    sealed   BYTEA NOT NULL,
    PRIMARY KEY (message, position)
);

CREATE INDEX disclosure_by_time ON disclosure (at);

-- Whom a mail was about that an exception let go; of held ones value_digest knows it.
CREATE TABLE disclosure_value (
    message BYTEA NOT NULL CHECK (octet_length(message) = 16),
    digest  TEXT NOT NULL,
    PRIMARY KEY (message, digest)
);

CREATE INDEX disclosure_value_by_digest ON disclosure_value (digest);
