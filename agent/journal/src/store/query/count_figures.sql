SELECT COALESCE(SUM(count), 0) FROM figure
WHERE day >= ?1 AND day <= ?2 AND kind = ?3 AND rule = ?4
