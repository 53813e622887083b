INSERT INTO sale (counter, phase, till, client, created_ms, updated_ms, state)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (counter) DO UPDATE
SET phase = excluded.phase, updated_ms = excluded.updated_ms, state = excluded.state
