SELECT source_digest, article_count FROM catalogue WHERE one = 1
