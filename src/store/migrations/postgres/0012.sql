-- The reviewers' desk: the queue in any order, a code shown again, what turned out to be no secret. Times are
-- milliseconds since 1970-01-01 UTC.

-- Whatever the queue is sorted and filtered by, so that a page of it reads no row but its own.
CREATE INDEX held_queue ON held (state, held_at, id, urgent, unit, severity, categories, channels, expires_at, reference,
                                 review_asked);
DROP INDEX held_by_state;

-- When a second factor was shown once more in this session.
ALTER TABLE session ADD COLUMN confirmed_at BIGINT;

-- What was found in a mail that a reviewer has called a false alarm: the rule, and the shape of what it found. No
-- letter and no digit of the mail.
CREATE TABLE false_alarm (
    message  BYTEA NOT NULL REFERENCES held (id),
    position BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    unit     TEXT NOT NULL,
    rule     TEXT NOT NULL,
    category TEXT NOT NULL,
    kind     TEXT NOT NULL,
    strength TEXT NOT NULL,
    place    TEXT NOT NULL,                   -- subject, body, quote, attachment, …
    zone     TEXT NOT NULL,
    shape    TEXT NOT NULL,                   -- every letter and digit is •
    PRIMARY KEY (message, position)
);
CREATE INDEX false_alarm_by_rule ON false_alarm (rule, at);
