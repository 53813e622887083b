INSERT INTO purchase_list (sale, entry, settled_ms, confirmed, confirmation, taken_back)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
