DELETE FROM mark WHERE at_ms < ?1
