-- Module: projects. Search in name and description: both without their case, as the program folds it. A search reads
-- along the indexes of its list, so there is none for it: nobody has as many projects as tasks.
--
-- The texts of projects that are there already are folded by the database, which may do less than the program beyond
-- ASCII, until they are changed.

-- +goose Up
ALTER TABLE projects ADD COLUMN search_text text NOT NULL DEFAULT '';
UPDATE projects SET search_text = lower(name || chr(31) || description);

-- +goose Down
ALTER TABLE projects DROP COLUMN search_text;
