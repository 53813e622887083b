INSERT INTO catalogue (one, source_digest, article_count)
SELECT 1, ?1, count(*) FROM article
