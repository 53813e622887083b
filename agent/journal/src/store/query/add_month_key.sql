INSERT INTO month_key (month, class, wrapped) VALUES (?1, ?2, ?3)
