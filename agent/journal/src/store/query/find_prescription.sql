SELECT id, status, valid_until, received_ms, updated_ms, state, entry FROM prescription WHERE id = ?1
