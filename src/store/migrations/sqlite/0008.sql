-- Links of senders, and what senders ask for. Times are milliseconds since 1970-01-01 UTC.

-- By a digest of the token, which stands in the notice alone. What the page may show is sealed under the token.
CREATE TABLE link (
    digest    BLOB PRIMARY KEY CHECK (length(digest) = 32),
    reference TEXT NOT NULL,
    sealed    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- When its sender asked for a review.
ALTER TABLE held ADD COLUMN review_asked INTEGER;
