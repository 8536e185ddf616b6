-- Module: organizations. Organisations, who belongs to them, and this module's copy of the users.

-- +goose Up
CREATE TABLE organizations (
    id         uuid PRIMARY KEY,
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    slug       text NOT NULL CHECK (char_length(slug) BETWEEN 1 AND 63),
    search_key text NOT NULL, -- slug and name, folded by the program
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE UNIQUE INDEX organizations_slug ON organizations (slug);
-- One index for each order of the admins' list of all. Those of one user are few and are sorted.
CREATE INDEX organizations_created ON organizations (created_at, id);
CREATE INDEX organizations_updated ON organizations (updated_at, id);
CREATE INDEX organizations_name ON organizations (name COLLATE "C", id);

CREATE TABLE organization_users (
    user_id      uuid PRIMARY KEY,
    email        text NOT NULL,
    email_key    text NOT NULL, -- the address as addresses are compared
    display_name text NOT NULL,
    is_active    boolean NOT NULL,
    role         text NOT NULL,
    version      bigint NOT NULL
);
CREATE INDEX organization_users_email ON organization_users (email_key);
-- Those who were there before this module was.
INSERT INTO organization_users (user_id, email, email_key, display_name, is_active, role, version)
    SELECT id, email, email_key, display_name, is_active, role, version FROM users;

CREATE TABLE organization_members (
    organization_id uuid NOT NULL REFERENCES organizations (id),
    user_id         uuid NOT NULL REFERENCES organization_users (user_id),
    role            text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    version         bigint NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

-- Which organisations somebody is in; the list of members; those with one role, the owners above all, who are looked
-- at before one of them may cease to be one.
CREATE INDEX organization_members_user ON organization_members (user_id, organization_id);
CREATE INDEX organization_members_created ON organization_members (organization_id, created_at, user_id);
CREATE INDEX organization_members_role ON organization_members (organization_id, role, created_at, user_id);

-- +goose Down
DROP TABLE organization_members;
DROP TABLE organization_users;
DROP TABLE organizations;
