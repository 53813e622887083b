INSERT INTO relayed_call (digest, body_digest, sale, entry, answer, created_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (digest) DO UPDATE
SET sale = excluded.sale, entry = excluded.entry, answer = excluded.answer
