SELECT id, status, valid_until, received_ms, updated_ms, state, entry FROM prescription
WHERE status = ?1 AND status NOT IN ('archived', 'rejected') ORDER BY id DESC LIMIT ?2
