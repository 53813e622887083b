DELETE FROM due WHERE kind = ?1 AND sale = ?2
