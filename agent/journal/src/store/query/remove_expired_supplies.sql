DELETE FROM supply WHERE erase_after < ?1
