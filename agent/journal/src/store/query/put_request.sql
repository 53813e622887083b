INSERT INTO request (client, sale, key, body_digest, status, response, created_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
