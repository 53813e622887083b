SELECT name, state, entry FROM register WHERE kind = ?1 AND name = ?2
