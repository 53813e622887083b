INSERT INTO no_code_use (sku, lot, paper, sale, quantity, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
