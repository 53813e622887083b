INSERT INTO prescription (id, status, valid_until, received_ms, updated_ms, state, entry)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status,
    updated_ms = excluded.updated_ms,
    state = excluded.state,
    entry = excluded.entry
