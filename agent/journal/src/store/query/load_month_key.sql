SELECT month, class, wrapped FROM month_key WHERE id = ?1
