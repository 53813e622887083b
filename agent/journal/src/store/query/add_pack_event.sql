INSERT INTO pack_event (code_digest, entry, place, event, sale, quantity)
VALUES (?1, ?2, (SELECT count(*) FROM pack_event WHERE code_digest = ?1 AND entry = ?2), ?3, ?4, ?5)
