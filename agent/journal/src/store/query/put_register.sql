INSERT INTO register (kind, name, state, entry) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (kind, name) DO UPDATE SET state = excluded.state, entry = excluded.entry
