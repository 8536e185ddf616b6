-- Module: tasks. Tasks, and this module's copies of the projects they are in and of the users they are given to.

-- +goose Up
CREATE TABLE task_projects (
    id              TEXT    NOT NULL PRIMARY KEY,
    owner_id        TEXT    NOT NULL,
    organization_id TEXT,
    name            TEXT    NOT NULL,
    inbox           BOOLEAN NOT NULL,
    archived        BOOLEAN NOT NULL,
    version         INTEGER NOT NULL
) WITHOUT ROWID;
-- Where a personal task goes.
CREATE UNIQUE INDEX task_projects_inbox ON task_projects (owner_id) WHERE inbox;

CREATE TABLE task_users (
    user_id      TEXT    NOT NULL PRIMARY KEY,
    display_name TEXT    NOT NULL,
    is_active    INTEGER NOT NULL,
    role         TEXT    NOT NULL,
    version      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tasks (
    id           TEXT     NOT NULL PRIMARY KEY,
    project_id   TEXT     NOT NULL REFERENCES task_projects (id),
    -- The owner of the project if it is a personal one, otherwise null. Neither ever changes; it is here so that
    -- the list of all tasks of an owner is read from an index.
    owner_id     TEXT,
    title        TEXT     NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    description  TEXT     NOT NULL CHECK (length(description) <= 10000),
    status       TEXT     NOT NULL CHECK (status IN ('todo', 'in_progress', 'done')),
    priority     INTEGER  NOT NULL CHECK (priority BETWEEN 1 AND 3),
    assignee_id  TEXT,
    due_at       DATETIME,
    completed_at DATETIME CHECK ((completed_at IS NOT NULL) = (status = 'done')),
    created_by   TEXT     NOT NULL,
    version      INTEGER  NOT NULL,
    created_at   DATETIME NOT NULL,
    updated_at   DATETIME NOT NULL
);

-- One index for each order of a project's list ...
CREATE INDEX tasks_project_created  ON tasks (project_id, created_at, id);
CREATE INDEX tasks_project_updated  ON tasks (project_id, updated_at, id);
CREATE INDEX tasks_project_due      ON tasks (project_id, due_at, id);
CREATE INDEX tasks_project_priority ON tasks (project_id, priority, id);
-- ... and of both halves of a user's list: what they own, and what they are to do.
CREATE INDEX tasks_owner_created  ON tasks (owner_id, created_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX tasks_owner_updated  ON tasks (owner_id, updated_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX tasks_owner_due      ON tasks (owner_id, due_at, id)     WHERE owner_id IS NOT NULL;
CREATE INDEX tasks_owner_priority ON tasks (owner_id, priority, id)   WHERE owner_id IS NOT NULL;
CREATE INDEX tasks_assignee_created  ON tasks (assignee_id, created_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX tasks_assignee_updated  ON tasks (assignee_id, updated_at, id) WHERE assignee_id IS NOT NULL;
CREATE INDEX tasks_assignee_due      ON tasks (assignee_id, due_at, id)     WHERE assignee_id IS NOT NULL;
CREATE INDEX tasks_assignee_priority ON tasks (assignee_id, priority, id)   WHERE assignee_id IS NOT NULL;

-- +goose Down
DROP TABLE tasks;
DROP TABLE task_users;
DROP TABLE task_projects;
