INSERT INTO head (id, size, root, checkpoint) VALUES (1, ?1, ?2, ?3)
