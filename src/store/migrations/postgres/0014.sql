-- The record as a person reads it: all chains together, the newest first.
CREATE INDEX audit_by_time ON audit (at, writer, sequence);
