SELECT sale, entry, settled_ms, confirmed, confirmation, taken_back FROM purchase_list
WHERE sale = ?1 AND entry = ?2
