SELECT price_micro_yuan FROM cash_price WHERE sku = ?1
