INSERT INTO article (
    sku, line, name, spec, approval, barcode, code, dispensing, no_code_stock, split, generic, form,
    maker, unit, price_micro_yuan, days
) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
ON CONFLICT (sku) DO NOTHING
