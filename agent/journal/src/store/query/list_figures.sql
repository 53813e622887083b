SELECT kind, rule, count, amount FROM figure WHERE day = ?1 ORDER BY kind, rule
