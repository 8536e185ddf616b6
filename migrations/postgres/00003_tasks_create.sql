-- Module: tasks. Tasks, and this module's copies of the projects they are in and of the users they are given to.

-- +goose Up
CREATE TABLE task_projects (
    id              uuid    PRIMARY KEY,
    owner_id        uuid    NOT NULL,
    organization_id uuid,
    name            text    NOT NULL,
    inbox           boolean NOT NULL,
    archived        boolean NOT NULL,
    version         bigint  NOT NULL
);
-- Where a personal task goes.
CREATE UNIQUE INDEX task_projects_inbox ON task_projects (owner_id) WHERE inbox;

CREATE TABLE task_users (
    user_id      uuid    PRIMARY KEY,
    display_name text    NOT NULL,
    is_active    boolean NOT NULL,
    role         text    NOT NULL,
    version      bigint  NOT NULL
);

CREATE TABLE tasks (
    id           uuid        PRIMARY KEY,
    project_id   uuid        NOT NULL REFERENCES task_projects (id),
    -- The owner of the project if it is a personal one, otherwise null. Neither ever changes; it is here so that
    -- the list of all tasks of an owner is read from an index.
    owner_id     uuid,
    title        text        NOT NULL CHECK (char_length(title) BETWEEN 1 AND 500),
    description  text        NOT NULL CHECK (char_length(description) <= 10000),
    status       text        NOT NULL CHECK (status IN ('todo', 'in_progress', 'done')),
    priority     smallint    NOT NULL CHECK (priority BETWEEN 1 AND 3),
    assignee_id  uuid,
    due_at       timestamptz,
    completed_at timestamptz CHECK ((completed_at IS NOT NULL) = (status = 'done')),
    created_by   uuid        NOT NULL,
    version      bigint      NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
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
