-- The names of the keys that evidence and content of a message are sealed to: sorted, one space between; empty for
-- what was sealed before they were noted. Evidence is deleted with the content or after it.

ALTER TABLE evidence ADD COLUMN sealed_to TEXT NOT NULL DEFAULT '';

CREATE INDEX evidence_by_keys ON evidence (sealed_to, message);
