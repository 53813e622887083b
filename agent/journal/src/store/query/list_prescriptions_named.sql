SELECT prescription, at_ms FROM prescription_name WHERE kind = ?1 AND digest = ?2
ORDER BY prescription DESC LIMIT ?3
