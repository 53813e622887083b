DELETE FROM mapping WHERE sku = ?1
