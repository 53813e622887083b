SELECT id, client, till, created_ms, revoked_ms FROM token
WHERE digest = ?1 AND revoked_ms IS NULL
