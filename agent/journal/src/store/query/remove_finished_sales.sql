DELETE FROM sale WHERE phase IN ('abandoned', 'closed') AND updated_ms < ?1
