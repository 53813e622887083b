SELECT id, status, valid_until, received_ms, updated_ms, state, entry FROM prescription
WHERE status = ?1 AND status NOT IN ('archived', 'rejected')
    AND (valid_until IS NULL OR valid_until < ?2)
ORDER BY id LIMIT ?3
