DELETE FROM insured WHERE seen_ms < ?1
