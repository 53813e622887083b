SELECT id, wrapped FROM month_key WHERE month = ?1 AND class = ?2
