INSERT INTO supply
(person, on_day, sale, line, code, sku, quantity, days, entry, erase_after)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
