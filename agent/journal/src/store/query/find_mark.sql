SELECT 1 FROM mark
WHERE kind = ?1 AND digest = ?2 AND at_ms = ?3 AND entry = ?4 AND sale = ?5
