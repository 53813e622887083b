INSERT INTO no_code_stock (sku, lot, paper, last_day, entered, remaining, staff, entry, at_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
