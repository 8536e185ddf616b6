-- Module: tasks. Search in title and description: both without their case, as the program folds it, and an index on
-- what they have in threes of characters.
--
-- The extension pg_trgm comes with PostgreSQL and may be created by whoever may create in the database. Where it is
-- missing or forbidden the index is left out: a search then reads the tasks that its list would show without it. Once
-- the extension is there, the index is made by the statement below.
--
-- The texts of tasks that are there already are folded by the database, which may do less than the program beyond
-- ASCII, until they are changed.

-- +goose Up
ALTER TABLE tasks ADD COLUMN search_text text NOT NULL DEFAULT '';
UPDATE tasks SET search_text = lower(title || chr(31) || description);
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX tasks_search ON tasks USING gin (search_text gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'pg_trgm is not available: tasks are searched without an index';
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX IF EXISTS tasks_search;
ALTER TABLE tasks DROP COLUMN search_text;
