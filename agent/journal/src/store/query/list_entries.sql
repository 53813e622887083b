SELECT position, bytes FROM entry WHERE position >= ?1 ORDER BY position LIMIT ?2
