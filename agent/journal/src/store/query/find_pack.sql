SELECT state, sale, entry, quantity FROM pack WHERE code_digest = ?1
