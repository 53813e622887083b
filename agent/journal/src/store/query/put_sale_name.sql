INSERT INTO sale_name (kind, digest, sale) VALUES (?1, ?2, ?3)
ON CONFLICT (kind, digest) DO UPDATE SET sale = excluded.sale
