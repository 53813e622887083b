SELECT sale, entry, settled_ms, confirmed, confirmation, taken_back FROM purchase_list
WHERE confirmed = 'open' AND taken_back IS NULL AND settled_ms < ?1
ORDER BY settled_ms DESC LIMIT ?2
