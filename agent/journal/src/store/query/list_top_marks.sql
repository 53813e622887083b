SELECT mark.digest, count(*), sum(mark.amount) AS amount, max(mark.at_ms), mark.entry, mark.sale
FROM mark JOIN purchase_list AS list ON list.sale = mark.sale AND list.entry = mark.entry
WHERE mark.kind = ?1 AND mark.at_ms >= ?2 AND mark.at_ms < ?3 AND list.taken_back IS NULL
GROUP BY mark.digest ORDER BY amount DESC, mark.digest LIMIT ?4
