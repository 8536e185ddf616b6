-- Module: comments. A copy of who the members of organisations are.

-- +goose Up
CREATE TABLE comment_members (
    organization_id uuid   NOT NULL,
    user_id         uuid   NOT NULL,
    role            text   NOT NULL,
    version         bigint NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

-- The way from a deleted organisation to its comments.
CREATE INDEX comment_projects_organization ON comment_projects (organization_id) WHERE organization_id IS NOT NULL;

-- +goose Down
DROP INDEX comment_projects_organization;
DROP TABLE comment_members;
