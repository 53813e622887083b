SELECT counter, phase, till, client, created_ms, updated_ms, state FROM sale WHERE counter = ?1
