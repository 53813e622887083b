INSERT INTO counter (name, value) VALUES (?1, 1)
ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value
