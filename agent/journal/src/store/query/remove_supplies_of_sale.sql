DELETE FROM supply WHERE person = ?1 AND sale = ?2
