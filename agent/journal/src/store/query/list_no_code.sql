SELECT sku, lot, paper, last_day, entered, remaining, staff, entry, at_ms FROM no_code_stock
ORDER BY sku, last_day, lot, paper
