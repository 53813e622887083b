DELETE FROM no_code_use WHERE sale = ?1 AND sku = ?2 AND lot = ?3 AND paper = ?4
