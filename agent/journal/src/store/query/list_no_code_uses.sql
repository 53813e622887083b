SELECT sku, lot, paper, quantity FROM no_code_use WHERE sale = ?1 ORDER BY sku, lot, paper
