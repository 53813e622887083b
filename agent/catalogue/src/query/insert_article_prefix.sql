INSERT INTO article_prefix (article, prefix) VALUES (?1, ?2)
