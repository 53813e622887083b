SELECT line FROM article WHERE sku = ?1
