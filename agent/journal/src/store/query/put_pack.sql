INSERT INTO pack (code_digest, state, sale, entry, quantity) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (code_digest) DO UPDATE
SET state = excluded.state, sale = excluded.sale, entry = excluded.entry, quantity = excluded.quantity
