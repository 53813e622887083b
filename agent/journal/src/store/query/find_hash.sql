SELECT value FROM hash WHERE position = ?1
