SELECT prefix FROM trace_prefix WHERE sku = ?1 ORDER BY prefix
