CREATE TABLE catalogue (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    source_digest BLOB NOT NULL CHECK (length(source_digest) = 32),
    article_count INTEGER NOT NULL
) STRICT;

CREATE TABLE article (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    line INTEGER NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    approval TEXT NOT NULL,
    barcode TEXT,
    code TEXT,
    dispensing TEXT,
    no_code_stock INTEGER NOT NULL,
    split INTEGER NOT NULL,
    generic TEXT NOT NULL,
    form TEXT NOT NULL,
    maker TEXT NOT NULL,
    unit TEXT NOT NULL,
    price_micro_yuan INTEGER,
    days INTEGER
) STRICT;

CREATE TABLE article_prefix (
    article INTEGER NOT NULL REFERENCES article (id),
    prefix TEXT NOT NULL,
    PRIMARY KEY (article, prefix)
) STRICT, WITHOUT ROWID;

-- A table of its own, so that files without it are read as well.
CREATE TABLE cash_price (
    sku TEXT PRIMARY KEY NOT NULL,
    price_micro_yuan INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
