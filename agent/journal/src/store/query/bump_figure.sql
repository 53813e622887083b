INSERT INTO figure (day, kind, rule, count, amount) VALUES (?1, ?2, ?3, 1, ?4)
ON CONFLICT (day, kind, rule) DO UPDATE SET count = count + 1, amount = amount + excluded.amount
