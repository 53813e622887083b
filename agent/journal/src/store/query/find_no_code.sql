SELECT sku, lot, paper, last_day, entered, remaining, staff, entry, at_ms FROM no_code_stock
WHERE sku = ?1 AND lot = ?2 AND paper = ?3
