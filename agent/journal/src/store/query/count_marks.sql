SELECT count(*) FROM (
SELECT 1 FROM mark WHERE kind = ?1 AND digest = ?2 AND at_ms >= ?3 AND at_ms < ?4 LIMIT ?5)
