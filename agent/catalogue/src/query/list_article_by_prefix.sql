SELECT sku FROM article WHERE id IN (
    SELECT article FROM article_prefix WHERE prefix = ?1
    UNION
    SELECT id FROM article
    WHERE barcode IS NOT NULL AND length(?1) = 14
      AND substr('000000' || barcode, -14) = ?1
)
ORDER BY id
LIMIT 100
