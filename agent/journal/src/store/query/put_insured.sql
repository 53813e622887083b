INSERT INTO insured (digest, state, seen_ms) VALUES (?1, ?2, ?3)
ON CONFLICT (digest) DO UPDATE SET state = excluded.state, seen_ms = excluded.seen_ms
