DELETE FROM relayed_call WHERE created_ms < ?1
