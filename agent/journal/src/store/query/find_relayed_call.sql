SELECT body_digest, sale, entry, answer, created_ms FROM relayed_call WHERE digest = ?1
