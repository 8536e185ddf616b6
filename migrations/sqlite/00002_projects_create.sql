-- Module: projects. Projects with their task counts: a base in the row, and what was added since in deltas.

-- +goose Up
CREATE TABLE projects (
    id               TEXT    NOT NULL PRIMARY KEY,
    owner_id         TEXT    NOT NULL,
    organization_id  TEXT,
    name             TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description      TEXT    NOT NULL CHECK (length(description) <= 10000),
    status           TEXT    NOT NULL CHECK (status IN ('active', 'archived')),
    inbox            BOOLEAN NOT NULL,
    todo_base        INTEGER NOT NULL DEFAULT 0,
    in_progress_base INTEGER NOT NULL DEFAULT 0,
    done_base        INTEGER NOT NULL DEFAULT 0,
    version          INTEGER NOT NULL,
    created_at       DATETIME NOT NULL,
    updated_at       DATETIME NOT NULL
);

-- One Inbox per user, whatever races at registration.
CREATE UNIQUE INDEX projects_inbox ON projects (owner_id) WHERE inbox;
-- One index for each order of a user's list, and of the admins' list of all.
CREATE INDEX projects_owner_created ON projects (owner_id, created_at, id);
CREATE INDEX projects_owner_updated ON projects (owner_id, updated_at, id);
CREATE INDEX projects_owner_name ON projects (owner_id, name, id);
CREATE INDEX projects_created ON projects (created_at, id);
CREATE INDEX projects_updated ON projects (updated_at, id);
CREATE INDEX projects_name ON projects (name, id);

-- Appended to by every write to a task, without touching the project's row.
CREATE TABLE project_task_deltas (
    id          INTEGER PRIMARY KEY,
    project_id  TEXT    NOT NULL,
    todo        INTEGER NOT NULL,
    in_progress INTEGER NOT NULL,
    done        INTEGER NOT NULL
);
CREATE INDEX project_task_deltas_project ON project_task_deltas (project_id);

-- +goose Down
DROP TABLE project_task_deltas;
DROP TABLE projects;
