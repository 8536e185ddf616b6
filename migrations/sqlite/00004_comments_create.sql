-- Module: comments. Comments, and this module's copies of the tasks they are about, their projects and their authors.

-- +goose Up
CREATE TABLE comment_projects (
    project_id      TEXT    NOT NULL PRIMARY KEY,
    owner_id        TEXT    NOT NULL,
    organization_id TEXT,
    archived        BOOLEAN NOT NULL,
    version         INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE comment_tasks (
    task_id     TEXT    NOT NULL PRIMARY KEY,
    project_id  TEXT    NOT NULL REFERENCES comment_projects (project_id),
    title       TEXT    NOT NULL,
    created_by  TEXT    NOT NULL,
    assignee_id TEXT,
    version     INTEGER NOT NULL
) WITHOUT ROWID;
-- The way from a deleted project to its comments.
CREATE INDEX comment_tasks_project ON comment_tasks (project_id);

CREATE TABLE comment_users (
    user_id      TEXT    NOT NULL PRIMARY KEY,
    display_name TEXT    NOT NULL,
    is_active    INTEGER NOT NULL,
    role         TEXT    NOT NULL,
    version      INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE comments (
    id         TEXT     NOT NULL PRIMARY KEY,
    task_id    TEXT     NOT NULL REFERENCES comment_tasks (task_id),
    author_id  TEXT     NOT NULL,
    body       TEXT     NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    version    INTEGER  NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);
-- A task's comments, in the order of their list and for their deletion.
CREATE INDEX comments_task_created ON comments (task_id, created_at, id);

-- +goose Down
DROP TABLE comments;
DROP TABLE comment_users;
DROP TABLE comment_tasks;
DROP TABLE comment_projects;
