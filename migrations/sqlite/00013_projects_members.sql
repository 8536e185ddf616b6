-- Module: projects. Projects of organisations: a copy of who their members are, and indexes for members' lists.

-- +goose Up
CREATE TABLE project_members (
    organization_id TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    role            TEXT    NOT NULL,
    version         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;
-- The organisations of a member.
CREATE INDEX project_members_user ON project_members (user_id, organization_id);

-- One index for each order of an organisation's projects.
CREATE INDEX projects_organization_created ON projects (organization_id, created_at, id) WHERE organization_id IS NOT NULL;
CREATE INDEX projects_organization_updated ON projects (organization_id, updated_at, id) WHERE organization_id IS NOT NULL;
CREATE INDEX projects_organization_name ON projects (organization_id, name, id) WHERE organization_id IS NOT NULL;

-- The list of somebody's personal projects does not go through those that they made for organisations.
DROP INDEX projects_owner_created;
DROP INDEX projects_owner_updated;
DROP INDEX projects_owner_name;
CREATE INDEX projects_owner_created ON projects (owner_id, created_at, id) WHERE organization_id IS NULL;
CREATE INDEX projects_owner_updated ON projects (owner_id, updated_at, id) WHERE organization_id IS NULL;
CREATE INDEX projects_owner_name ON projects (owner_id, name, id) WHERE organization_id IS NULL;

-- +goose Down
DROP INDEX projects_owner_name;
DROP INDEX projects_owner_updated;
DROP INDEX projects_owner_created;
CREATE INDEX projects_owner_created ON projects (owner_id, created_at, id);
CREATE INDEX projects_owner_updated ON projects (owner_id, updated_at, id);
CREATE INDEX projects_owner_name ON projects (owner_id, name, id);
DROP INDEX projects_organization_name;
DROP INDEX projects_organization_updated;
DROP INDEX projects_organization_created;
DROP TABLE project_members;
