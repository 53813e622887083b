-- Schema 3: what people at the counter supply. Frozen: a later change is a new file.

-- Registers that people keep: staff by id, the store's standing. `state` is sealed.
CREATE TABLE register (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    state BLOB NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position),
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Prescriptions, as far as finding those under way goes; the rest is sealed.
CREATE TABLE prescription (
    id INTEGER PRIMARY KEY CHECK (id > 0),
    status TEXT NOT NULL,
    valid_until TEXT,
    received_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    state BLOB NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position)
) STRICT;

CREATE INDEX prescription_under_way ON prescription (status, id)
    WHERE status NOT IN ('archived', 'rejected');

-- By what a prescription is known: its number, its patient while it is under way, its drugs under its
-- physician, its physician's day, its images, the sales that used it. Digests under the store's key.
CREATE TABLE prescription_name (
    kind TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    prescription INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, digest, prescription)
) STRICT, WITHOUT ROWID;

-- Purchase lists and how they were confirmed. `entry` holds the list, `taken_back` says which one took
-- its sale back.
CREATE TABLE purchase_list (
    sale INTEGER NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position),
    settled_ms INTEGER NOT NULL,
    confirmed TEXT NOT NULL,
    confirmation INTEGER REFERENCES entry (position),
    taken_back INTEGER REFERENCES entry (position),
    PRIMARY KEY (sale, entry)
) STRICT, WITHOUT ROWID;

CREATE INDEX purchase_list_newest ON purchase_list (settled_ms);

CREATE INDEX purchase_list_open ON purchase_list (settled_ms)
    WHERE confirmed = 'open' AND taken_back IS NULL;

-- What an inspector asks by: persons, articles, packs, staff, numbers. Digests under the store's key;
-- the newest answers come first. `amount` is what the sale comes to for this mark, in fen.
CREATE TABLE mark (
    kind TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    at_ms INTEGER NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position),
    sale INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (kind, digest, at_ms, entry, sale)
) STRICT, WITHOUT ROWID;

-- What a day's sales, refusals and releases come to, by rule where a rule is concerned.
CREATE TABLE figure (
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    count INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, kind, rule)
) STRICT, WITHOUT ROWID;
