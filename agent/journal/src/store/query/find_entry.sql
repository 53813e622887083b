SELECT bytes FROM entry WHERE position = ?1
