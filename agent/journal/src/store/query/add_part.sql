INSERT INTO part (slot, class, month_key, wrapped_key, sealed) VALUES (?1, ?2, ?3, ?4, ?5)
