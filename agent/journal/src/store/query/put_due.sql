INSERT INTO due (kind, sale, at_ms) VALUES (?1, ?2, ?3)
ON CONFLICT (kind, sale) DO UPDATE SET at_ms = excluded.at_ms
