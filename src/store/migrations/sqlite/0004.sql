-- The queue in the order in which it is shown.

CREATE INDEX held_by_time ON held (held_at);
