UPDATE purchase_list SET taken_back = NULL WHERE sale = ?1 AND taken_back IS NOT NULL
