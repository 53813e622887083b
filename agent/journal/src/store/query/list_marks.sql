SELECT at_ms, entry, sale FROM mark
WHERE kind = ?1 AND digest = ?2 AND at_ms >= ?3 AND (at_ms, entry, sale) < (?4, ?5, ?6)
ORDER BY at_ms DESC, entry DESC, sale DESC LIMIT ?7
