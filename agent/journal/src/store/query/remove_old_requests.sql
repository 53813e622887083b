DELETE FROM request WHERE created_ms < ?1
