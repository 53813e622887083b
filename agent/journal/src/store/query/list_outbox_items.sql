SELECT position, destination, entry FROM outbox
WHERE destination = ?1 AND position > ?2 ORDER BY position LIMIT ?3
