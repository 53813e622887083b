-- Schema 2: what passes through the gateway. Frozen: a later change is a new file.

-- What a sale is known by outside: message ids, settlement ids, visits, fee lines, whose it is at
-- which till. Names are digests under the store's key; the newest sale of a name counts.
CREATE TABLE sale_name (
    kind TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    sale INTEGER NOT NULL,
    PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;

-- Calls that were gated, and the answers that tills got. `answer` is empty while there is none.
CREATE TABLE relayed_call (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    body_digest BLOB NOT NULL CHECK (length(body_digest) = 32),
    sale INTEGER NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position),
    answer BLOB,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whom the platform named under which insurer's number; sealed, and kept for hours.
CREATE TABLE insured (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    state BLOB NOT NULL,
    seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What has to come within a time, such as the trace codes of a settled sale.
CREATE TABLE due (
    kind TEXT NOT NULL,
    sale INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, sale)
) STRICT, WITHOUT ROWID;
