-- Module: projects. Projects with their task counts: a base in the row, and what was added since in deltas.

-- +goose Up
CREATE TABLE projects (
    id               uuid        PRIMARY KEY,
    owner_id         uuid        NOT NULL,
    organization_id  uuid,
    name             text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description      text        NOT NULL CHECK (char_length(description) <= 10000),
    status           text        NOT NULL CHECK (status IN ('active', 'archived')),
    inbox            boolean     NOT NULL,
    todo_base        bigint      NOT NULL DEFAULT 0,
    in_progress_base bigint      NOT NULL DEFAULT 0,
    done_base        bigint      NOT NULL DEFAULT 0,
    version          bigint      NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

-- One Inbox per user, whatever races at registration.
CREATE UNIQUE INDEX projects_inbox ON projects (owner_id) WHERE inbox;
-- One index for each order of a user's list, and of the admins' list of all.
CREATE INDEX projects_owner_created ON projects (owner_id, created_at, id);
CREATE INDEX projects_owner_updated ON projects (owner_id, updated_at, id);
CREATE INDEX projects_owner_name ON projects (owner_id, name COLLATE "C", id);
CREATE INDEX projects_created ON projects (created_at, id);
CREATE INDEX projects_updated ON projects (updated_at, id);
CREATE INDEX projects_name ON projects (name COLLATE "C", id);

-- Appended to by every write to a task, without touching the project's row: no foreign key, since that would lock it.
CREATE TABLE project_task_deltas (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id  uuid   NOT NULL,
    todo        bigint NOT NULL,
    in_progress bigint NOT NULL,
    done        bigint NOT NULL
);
CREATE INDEX project_task_deltas_project ON project_task_deltas (project_id);

-- +goose Down
DROP TABLE project_task_deltas;
DROP TABLE projects;
