DELETE FROM part WHERE slot BETWEEN ?1 * 16 AND ?1 * 16 + 15 AND class = ?2
