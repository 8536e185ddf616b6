-- Module: tasks. A copy of who the members of organisations are.

-- +goose Up
CREATE TABLE task_members (
    organization_id TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    role            TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;

-- The way from a deleted organisation, or from a member who leaves, to the tasks.
CREATE INDEX task_projects_organization ON task_projects (organization_id) WHERE organization_id IS NOT NULL;

-- +goose Down
DROP INDEX task_projects_organization;
DROP TABLE task_members;
