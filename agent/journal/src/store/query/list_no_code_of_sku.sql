SELECT sku, lot, paper, last_day, entered, remaining, staff, entry, at_ms FROM no_code_stock
WHERE sku = ?1 ORDER BY last_day, lot, paper
