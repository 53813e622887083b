SELECT
    sku, name, spec, approval, barcode, code, dispensing, no_code_stock, split, generic, form,
    maker, unit, price_micro_yuan, days,
    (SELECT group_concat(prefix, ' ' ORDER BY prefix)
     FROM article_prefix WHERE article = article.id) AS prefixes
FROM article
WHERE sku = ?1
ORDER BY id
LIMIT 100
