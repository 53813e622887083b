UPDATE no_code_stock SET remaining = ?4 WHERE sku = ?1 AND lot = ?2 AND paper = ?3
