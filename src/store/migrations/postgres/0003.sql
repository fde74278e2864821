-- The bypass, and the reminders of evidence that ends. Times are milliseconds since 1970-01-01 UTC.

-- While a row has not ended and `until` has not come, mail is relayed whatever was judged. It stays, once
-- ended, until its end has been told.
CREATE TABLE bypass (
    id     BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    since  BIGINT NOT NULL,
    until  BIGINT NOT NULL,
    reason TEXT NOT NULL,
    actor  TEXT NOT NULL,
    ended  BIGINT,
    told   BIGINT NOT NULL DEFAULT 0 CHECK (told IN (0, 1))   -- of its state as it is now
);

CREATE UNIQUE INDEX bypass_that_is_on ON bypass ((ended IS NULL)) WHERE ended IS NULL;

-- Mail that went through meanwhile, and how much of it had been judged otherwise.
CREATE TABLE bypass_count (
    bypass   BIGINT NOT NULL REFERENCES bypass (id) ON DELETE CASCADE,
    unit     TEXT COLLATE "C" NOT NULL,
    mails    BIGINT NOT NULL,
    bypassed BIGINT NOT NULL,
    PRIMARY KEY (bypass, unit)
);

-- Each reminder is sent once for a channel and the last day of its evidence.
CREATE TABLE channel_reminder (
    channel TEXT NOT NULL,
    until   TEXT NOT NULL,                    -- YYYY-MM-DD, the last day
    days    BIGINT NOT NULL,                 -- 30, 14, 3 or 0 days before
    at      BIGINT NOT NULL,
    PRIMARY KEY (channel, until, days)
);
