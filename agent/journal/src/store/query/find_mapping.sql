SELECT code, source FROM mapping WHERE sku = ?1
