INSERT INTO mapping (sku, code, source) VALUES (?1, ?2, ?3)
ON CONFLICT (sku) DO UPDATE SET code = excluded.code, source = excluded.source
