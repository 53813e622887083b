INSERT INTO outbox (destination, entry) VALUES (?1, ?2) RETURNING position
