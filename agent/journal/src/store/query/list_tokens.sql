SELECT id, client, till, created_ms, revoked_ms FROM token ORDER BY id
