SELECT sku FROM trace_prefix WHERE prefix = ?1 ORDER BY sku
