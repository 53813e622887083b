INSERT INTO cash_price (sku, price_micro_yuan) VALUES (?1, ?2)
