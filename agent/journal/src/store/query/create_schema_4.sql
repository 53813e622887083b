-- Schema 4: rows follow from entries. Frozen: a later change is a new file.

-- Nobody read it: what happened to a pack stands in the entries.
DROP TABLE pack_event;

-- Entries of before do not say which rows followed from them: the next writer carries the rows over.
INSERT INTO setting (name, value) SELECT 'rows', 'to-carry' FROM entry LIMIT 1;
