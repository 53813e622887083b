DELETE FROM prescription_name WHERE kind = ?1 AND digest = ?2 AND prescription = ?3
