SELECT on_day, sale, line, code, sku, quantity, days, entry, erase_after FROM supply
WHERE person = ?1 AND on_day >= ?2 ORDER BY on_day DESC, sale DESC, line
