INSERT INTO entry (position, bytes) VALUES (?1, ?2)
