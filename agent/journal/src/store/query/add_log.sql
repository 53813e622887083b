INSERT INTO log (id, log_id, origin, verifier, key_check, sealed_seed, created_ms)
VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
