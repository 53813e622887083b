SELECT log_id, origin, verifier, key_check, sealed_seed, created_ms FROM log WHERE id = 1
