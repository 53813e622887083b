INSERT INTO mark (kind, digest, at_ms, entry, sale, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT DO UPDATE SET amount = amount + excluded.amount
