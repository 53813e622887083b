SELECT count(*) FROM prescription WHERE status = ?1 AND status NOT IN ('archived', 'rejected')
