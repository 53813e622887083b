INSERT INTO trace_prefix (prefix, sku) VALUES (?1, ?2) ON CONFLICT DO NOTHING
