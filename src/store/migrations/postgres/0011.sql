-- Who got a mail is sealed anew with the rest when keys are rotated: to which keys, and of which unit. What an earlier
-- version has sealed says nothing of its keys, and is sealed anew once.

ALTER TABLE disclosure ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE disclosure ADD COLUMN sealed_to TEXT NOT NULL DEFAULT '';

UPDATE disclosure SET unit = COALESCE(
    (SELECT held.unit FROM held WHERE held.id = disclosure.message),
    (SELECT audit.unit FROM audit WHERE audit.message = disclosure.message AND audit.unit IS NOT NULL LIMIT 1),
    '');

CREATE INDEX disclosure_by_seal ON disclosure (unit, sealed_to, message);
