-- Module: tasks. Search in title and description: both without their case, as the program folds it, and a full-text
-- index on what they have in threes of characters.
--
-- The index only grows: a text that has changed or gone loses its task, which is cheap, and is taken out of the index
-- later, a few at a time. To take out ten thousand long texts at once would hold the writer for many seconds. What has
-- no task does no harm, since what the index finds is compared with the tasks as they are.
--
-- The texts of tasks that are there already are folded by the database, which does so for ASCII only, until they are
-- changed.

-- +goose Up
ALTER TABLE tasks ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE tasks SET search_text = lower(title || char(31) || description);

CREATE TABLE task_search_texts (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- of the text in the index
    task_id TEXT                                        -- null: changed or gone
);
CREATE INDEX task_search_texts_task ON task_search_texts (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX task_search_texts_dead ON task_search_texts (id) WHERE task_id IS NULL;

CREATE VIRTUAL TABLE task_search USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO task_search_texts (task_id) SELECT id FROM tasks ORDER BY id;
INSERT INTO task_search (rowid, text)
    SELECT s.id, t.search_text FROM task_search_texts s JOIN tasks t ON t.id = s.task_id;

-- +goose StatementBegin
CREATE TRIGGER tasks_search_inserted AFTER INSERT ON tasks BEGIN
    INSERT INTO task_search_texts (task_id) VALUES (NEW.id);
    INSERT INTO task_search (rowid, text) VALUES (last_insert_rowid(), NEW.search_text);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tasks_search_updated AFTER UPDATE OF search_text ON tasks WHEN OLD.search_text <> NEW.search_text BEGIN
    UPDATE task_search_texts SET task_id = NULL WHERE task_id = NEW.id;
    INSERT INTO task_search_texts (task_id) VALUES (NEW.id);
    INSERT INTO task_search (rowid, text) VALUES (last_insert_rowid(), NEW.search_text);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tasks_search_deleted AFTER DELETE ON tasks BEGIN
    UPDATE task_search_texts SET task_id = NULL WHERE task_id = OLD.id;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER tasks_search_deleted;
DROP TRIGGER tasks_search_updated;
DROP TRIGGER tasks_search_inserted;
DROP TABLE task_search;
DROP TABLE task_search_texts;
ALTER TABLE tasks DROP COLUMN search_text;
