SELECT class, month_key, wrapped_key, sealed FROM part
WHERE slot BETWEEN ?1 * 16 AND ?1 * 16 + 15 ORDER BY slot
