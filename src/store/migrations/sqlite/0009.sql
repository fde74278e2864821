-- Notices of one topic are sent as one. A topic is a keyed digest, and is erased with the payload.

ALTER TABLE outbox ADD COLUMN topic TEXT;

CREATE INDEX outbox_by_topic ON outbox (topic) WHERE topic IS NOT NULL;
