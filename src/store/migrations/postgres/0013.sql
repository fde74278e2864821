-- When the reviewers were last told that a look is overdue, in milliseconds since 1970-01-01 UTC.

ALTER TABLE review ADD COLUMN reminded_at BIGINT;
