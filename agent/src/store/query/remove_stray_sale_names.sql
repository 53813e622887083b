DELETE FROM sale_name WHERE sale NOT IN (SELECT counter FROM sale)
