SELECT body_digest, status, response, created_ms FROM request
WHERE client = ?1 AND sale = ?2 AND key = ?3
