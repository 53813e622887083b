SELECT event, sale, entry, quantity FROM pack_event
WHERE code_digest = ?1 ORDER BY entry, place
