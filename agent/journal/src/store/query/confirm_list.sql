UPDATE purchase_list SET confirmed = ?3, confirmation = ?4
WHERE sale = ?1 AND entry = ?2 AND taken_back IS NULL
