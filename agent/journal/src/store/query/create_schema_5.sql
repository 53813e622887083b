-- Schema 5: goods from before the duty to scan (无码库). Frozen: a later change is a new file.
-- They may be there: whoever sets the schema's number back must not stop the shop.

-- By article, lot and paper: what was entered once, and what is left of it.
CREATE TABLE IF NOT EXISTS no_code_stock (
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    paper TEXT NOT NULL,
    last_day TEXT NOT NULL,
    entered INTEGER NOT NULL CHECK (entered > 0),
    remaining INTEGER NOT NULL CHECK (remaining BETWEEN 0 AND entered),
    staff TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (position),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (sku, lot, paper)
) STRICT, WITHOUT ROWID;

-- What each sale took of them, so that it gives back exactly that.
CREATE TABLE IF NOT EXISTS no_code_use (
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    paper TEXT NOT NULL,
    sale INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    entry INTEGER NOT NULL REFERENCES entry (position),
    PRIMARY KEY (sale, sku, lot, paper)
) STRICT, WITHOUT ROWID;
