SELECT counter, phase, till, client, created_ms, updated_ms, state FROM sale
WHERE phase = ?1 AND phase NOT IN ('abandoned', 'closed') ORDER BY counter
