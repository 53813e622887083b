SELECT sale, entry, settled_ms, confirmed, confirmation, taken_back FROM purchase_list
ORDER BY settled_ms DESC LIMIT ?1
