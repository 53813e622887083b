SELECT name, state, entry FROM register WHERE kind = ?1 ORDER BY name
