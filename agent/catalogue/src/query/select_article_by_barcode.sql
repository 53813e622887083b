SELECT
    sku, name, spec, approval, barcode, code, dispensing, no_code_stock, split, generic, form,
    maker, unit, price_micro_yuan, days,
    (SELECT group_concat(prefix, ' ' ORDER BY prefix)
     FROM article_prefix WHERE article = article.id) AS prefixes
FROM article
WHERE barcode IS NOT NULL
  AND substr('000000' || barcode, -14) = substr('000000' || ?1, -14)
ORDER BY id
LIMIT 100
