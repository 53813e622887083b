UPDATE head SET size = ?2, root = ?3, checkpoint = ?4 WHERE id = 1 AND size = ?1
