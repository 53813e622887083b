-- Schema 1. Frozen: a later change is a new file, never an edit here.

-- Which log this is. One row, written when the store is made.
CREATE TABLE log (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    log_id TEXT NOT NULL,
    origin TEXT NOT NULL,
    verifier TEXT NOT NULL,
    key_check BLOB NOT NULL,
    sealed_seed BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;

-- The entries' bytes: what is hashed, and what the bureau pulls.
CREATE TABLE entry (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    bytes BLOB NOT NULL
) STRICT;

-- Leaves and complete nodes of the tree in stored order.
CREATE TABLE hash (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    value BLOB NOT NULL CHECK (length(value) = 32)
) STRICT;

-- Entries and hashes are appended and never touched again, whoever asks.
CREATE TRIGGER entry_stays BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'entry is final'); END;
CREATE TRIGGER entry_remains BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'entry is final'); END;
CREATE TRIGGER hash_stays BEFORE UPDATE ON hash BEGIN SELECT raise(ABORT, 'hash is final'); END;
CREATE TRIGGER hash_remains BEFORE DELETE ON hash BEGIN SELECT raise(ABORT, 'hash is final'); END;

-- The tree's head: one row, moved by compare-and-set on its size.
CREATE TABLE head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL CHECK (size >= 0),
    root BLOB NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT NOT NULL
) STRICT;

-- One key per month and class of part, wrapped by the master. Left out of every backup.
CREATE TABLE month_key (
    id INTEGER PRIMARY KEY,
    month INTEGER NOT NULL,
    class TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    UNIQUE (month, class)
) STRICT;

-- Sealed parts. `slot` is entry * 16 + place, so that an entry's parts lie together in one tree.
CREATE TABLE part (
    slot INTEGER PRIMARY KEY CHECK (slot >= 0),
    class TEXT NOT NULL,
    month_key INTEGER NOT NULL,
    wrapped_key BLOB NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- Settings of the store that change while it runs.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers that are given out once, even when the row that bore one is gone.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sale (
    counter INTEGER PRIMARY KEY CHECK (counter > 0),
    phase TEXT NOT NULL,
    till TEXT NOT NULL,
    client TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    state BLOB NOT NULL
) STRICT;

-- Holds only what is under way, so that it stays as small as the counter is.
CREATE INDEX sale_under_way ON sale (phase) WHERE phase NOT IN ('abandoned', 'closed');

-- Requests already answered. `sale` is 0 for one that belongs to no sale.
CREATE TABLE request (
    client TEXT NOT NULL,
    sale INTEGER NOT NULL,
    key TEXT NOT NULL,
    body_digest BLOB NOT NULL,
    status INTEGER NOT NULL,
    response BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (client, sale, key)
) STRICT;

-- What became of a pack. The code itself is not here, only its digest under the store's key.
CREATE TABLE pack (
    code_digest BLOB PRIMARY KEY CHECK (length(code_digest) = 32),
    state TEXT NOT NULL,
    sale INTEGER,
    entry INTEGER NOT NULL REFERENCES entry (position),
    quantity INTEGER NOT NULL CHECK (quantity >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE pack_event (
    code_digest BLOB NOT NULL CHECK (length(code_digest) = 32),
    entry INTEGER NOT NULL REFERENCES entry (position),
    place INTEGER NOT NULL,
    event TEXT NOT NULL,
    sale INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (code_digest, entry, place)
) STRICT, WITHOUT ROWID;

-- What a person was supplied. Days are ISO dates, which sort as they read.
CREATE TABLE supply (
    person TEXT NOT NULL,
    on_day TEXT NOT NULL,
    sale INTEGER NOT NULL,
    line INTEGER NOT NULL,
    code TEXT,
    sku TEXT,
    quantity INTEGER NOT NULL,
    days INTEGER,
    entry INTEGER NOT NULL REFERENCES entry (position),
    erase_after TEXT NOT NULL,
    PRIMARY KEY (person, on_day, sale, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE mapping (
    sku TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    source TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trace_prefix (
    prefix TEXT NOT NULL,
    sku TEXT NOT NULL,
    PRIMARY KEY (prefix, sku)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    till TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

-- Entries to be delivered, in the order in which they were recorded.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position)
) STRICT;
