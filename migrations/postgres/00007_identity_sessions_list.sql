-- Module: identity. The list of all sessions, for admins.

-- +goose Up
-- One for the list, and one for each of its filters; those of one user that are alive have one already.
CREATE INDEX sessions_created ON sessions (created_at, id);
CREATE INDEX sessions_owner ON sessions (user_id, created_at, id);
CREATE INDEX sessions_alive ON sessions (created_at, id) WHERE ended_at IS NULL;

-- +goose Down
DROP INDEX sessions_alive;
DROP INDEX sessions_owner;
DROP INDEX sessions_created;
