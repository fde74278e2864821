-- The bypass, and the reminders of evidence that ends. Times are milliseconds since 1970-01-01 UTC.

-- While a row has not ended and `until` has not come, mail is relayed whatever was judged. It stays, once
-- ended, until its end has been told.
CREATE TABLE bypass (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    since  INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    reason TEXT NOT NULL,
    actor  TEXT NOT NULL,
    ended  INTEGER,
    told   INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))   -- of its state as it is now
) STRICT;

CREATE UNIQUE INDEX bypass_that_is_on ON bypass (ended IS NULL) WHERE ended IS NULL;

-- Mail that went through meanwhile, and how much of it had been judged otherwise.
CREATE TABLE bypass_count (
    bypass   INTEGER NOT NULL REFERENCES bypass (id) ON DELETE CASCADE,
    unit     TEXT NOT NULL,
    mails    INTEGER NOT NULL,
    bypassed INTEGER NOT NULL,
    PRIMARY KEY (bypass, unit)
) STRICT, WITHOUT ROWID;

-- Each reminder is sent once for a channel and the last day of its evidence.
CREATE TABLE channel_reminder (
    channel TEXT NOT NULL,
    until   TEXT NOT NULL,                    -- YYYY-MM-DD, the last day
    days    INTEGER NOT NULL,                 -- 30, 14, 3 or 0 days before
    at      INTEGER NOT NULL,
    PRIMARY KEY (channel, until, days)
) STRICT, WITHOUT ROWID;
