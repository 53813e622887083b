-- A barcode is found by its 14-digit form: EAN-8, UPC-A, EAN-13 and GTIN-14 of one number are one.
CREATE INDEX article_by_barcode ON article (substr('000000' || barcode, -14))
WHERE barcode IS NOT NULL;

CREATE INDEX article_by_code ON article (code) WHERE code IS NOT NULL;

CREATE INDEX article_prefix_by_prefix ON article_prefix (prefix);
