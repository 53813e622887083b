SELECT state, seen_ms FROM insured WHERE digest = ?1
