SELECT size, root, checkpoint FROM head WHERE id = 1
