SELECT count(*) FROM hash
