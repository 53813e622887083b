INSERT INTO hash (position, value) VALUES (?1, ?2)
