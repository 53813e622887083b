UPDATE purchase_list SET taken_back = ?2 WHERE sale = ?1 AND taken_back IS NULL
