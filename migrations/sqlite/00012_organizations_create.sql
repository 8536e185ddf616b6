-- Module: organizations. Organisations, who belongs to them, and this module's copy of the users.

-- +goose Up
CREATE TABLE organizations (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    slug       TEXT NOT NULL CHECK (length(slug) BETWEEN 1 AND 63),
    search_key TEXT NOT NULL, -- slug and name, folded by the program
    version    INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);

CREATE UNIQUE INDEX organizations_slug ON organizations (slug);
-- One index for each order of the admins' list of all. Those of one user are few and are sorted.
CREATE INDEX organizations_created ON organizations (created_at, id);
CREATE INDEX organizations_updated ON organizations (updated_at, id);
CREATE INDEX organizations_name ON organizations (name, id);

CREATE TABLE organization_users (
    user_id      TEXT NOT NULL PRIMARY KEY,
    email        TEXT NOT NULL,
    email_key    TEXT NOT NULL, -- the address as addresses are compared
    display_name TEXT NOT NULL,
    is_active    BOOLEAN NOT NULL,
    role         TEXT NOT NULL,
    version      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX organization_users_email ON organization_users (email_key);
-- Those who were there before this module was.
INSERT INTO organization_users (user_id, email, email_key, display_name, is_active, role, version)
    SELECT id, email, email_key, display_name, is_active, role, version FROM users;

CREATE TABLE organization_members (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    user_id         TEXT NOT NULL REFERENCES organization_users (user_id),
    role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    version         INTEGER NOT NULL,
    created_at      DATETIME NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) WITHOUT ROWID;

-- Which organisations somebody is in; the list of members; those with one role, the owners above all, who are looked
-- at before one of them may cease to be one.
CREATE INDEX organization_members_user ON organization_members (user_id, organization_id);
CREATE INDEX organization_members_created ON organization_members (organization_id, created_at, user_id);
CREATE INDEX organization_members_role ON organization_members (organization_id, role, created_at, user_id);

-- +goose Down
DROP TABLE organization_members;
DROP TABLE organization_users;
DROP TABLE organizations;
