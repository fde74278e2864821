-- The lifecycle of held mail: private mail, two persons, routes, returns, legal hold, warnings, duplicates.

ALTER TABLE held ADD COLUMN private BIGINT NOT NULL DEFAULT 0 CHECK (private IN (0, 1));
ALTER TABLE held ADD COLUMN four_eyes BIGINT NOT NULL DEFAULT 0 CHECK (four_eyes IN (0, 1));
ALTER TABLE held ADD COLUMN keep_decision TEXT;                        -- what its expiry rests on
ALTER TABLE held ADD COLUMN duplicate_digest TEXT;
ALTER TABLE held ADD COLUMN route TEXT NOT NULL DEFAULT 'ordinary';    -- of the last release: ordinary, two-factor, way:ID
ALTER TABLE held ADD COLUMN requested_by TEXT;                         -- a release that a second person has to agree to
ALTER TABLE held ADD COLUMN requested_at BIGINT;
ALTER TABLE held ADD COLUMN requested_route TEXT;
ALTER TABLE held ADD COLUMN kept TEXT;                                 -- on legal hold: reference of what asks for it
ALTER TABLE held ADD COLUMN content_until BIGINT;                     -- of a returned message
ALTER TABLE held ADD COLUMN warned_at BIGINT;

CREATE INDEX held_by_duplicate ON held (duplicate_digest) WHERE duplicate_digest IS NOT NULL;
CREATE INDEX held_to_warn ON held (expires_at) WHERE state = 'held' AND warned_at IS NULL;

-- A recipient may be withheld as well.
ALTER TABLE recipient DROP CONSTRAINT recipient_state_check;
ALTER TABLE recipient ADD CONSTRAINT recipient_state_check
    CHECK (state IN ('pending', 'accepted', 'refused', 'withheld'));
