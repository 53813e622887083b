SELECT sale FROM due WHERE kind = ?1 AND at_ms <= ?2 ORDER BY at_ms
