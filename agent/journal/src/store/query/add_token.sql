INSERT INTO token (client, till, digest, created_ms) VALUES (?1, ?2, ?3, ?4) RETURNING id
