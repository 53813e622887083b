INSERT INTO prescription_name (kind, digest, prescription, at_ms) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (kind, digest, prescription) DO NOTHING
