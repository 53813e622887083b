DELETE FROM month_key
WHERE month < ?1 AND NOT EXISTS (SELECT 1 FROM part WHERE part.month_key = month_key.id)
