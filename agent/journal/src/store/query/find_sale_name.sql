SELECT sale FROM sale_name WHERE kind = ?1 AND digest = ?2
