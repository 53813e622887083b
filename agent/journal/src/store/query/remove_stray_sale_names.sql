DELETE FROM sale_name WHERE sale <> 0 AND sale NOT IN (SELECT counter FROM sale)
