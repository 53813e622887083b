SELECT count(*) FROM (SELECT 1 FROM purchase_list
WHERE confirmed = 'open' AND taken_back IS NULL AND settled_ms < ?1 LIMIT ?2)
