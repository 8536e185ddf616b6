-- Module: comments. Comments, and this module's copies of the tasks they are about, their projects and their authors.

-- +goose Up
CREATE TABLE comment_projects (
    project_id      uuid    PRIMARY KEY,
    owner_id        uuid    NOT NULL,
    organization_id uuid,
    archived        boolean NOT NULL,
    version         bigint  NOT NULL
);

CREATE TABLE comment_tasks (
    task_id     uuid   PRIMARY KEY,
    project_id  uuid   NOT NULL REFERENCES comment_projects (project_id),
    title       text   NOT NULL,
    created_by  uuid   NOT NULL,
    assignee_id uuid,
    version     bigint NOT NULL
);
-- The way from a deleted project to its comments.
CREATE INDEX comment_tasks_project ON comment_tasks (project_id);

CREATE TABLE comment_users (
    user_id      uuid    PRIMARY KEY,
    display_name text    NOT NULL,
    is_active    boolean NOT NULL,
    role         text    NOT NULL,
    version      bigint  NOT NULL
);

CREATE TABLE comments (
    id         uuid        PRIMARY KEY,
    task_id    uuid        NOT NULL REFERENCES comment_tasks (task_id),
    author_id  uuid        NOT NULL,
    body       text        NOT NULL CHECK (char_length(body) BETWEEN 1 AND 10000),
    version    bigint      NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
-- A task's comments, in the order of their list and for their deletion.
CREATE INDEX comments_task_created ON comments (task_id, created_at, id);

-- +goose Down
DROP TABLE comments;
DROP TABLE comment_users;
DROP TABLE comment_tasks;
DROP TABLE comment_projects;
