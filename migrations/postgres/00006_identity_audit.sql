-- Module: identity. What was done to accounts and sessions, by whom and from where.

-- +goose Up
-- Rows are only ever added. They refer to nothing, so that they outlive what they tell of.
CREATE TABLE audit_log (
    id          uuid NOT NULL PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    uuid, -- none: nobody who is known
    action      text NOT NULL,
    target_type text NOT NULL,
    target_id   uuid, -- none: what was meant does not exist
    ip          text NOT NULL,
    request_id  text NOT NULL,
    details     text NOT NULL -- a JSON object
);
-- One for the list, and one for each of its filters.
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_actor ON audit_log (actor_id, at, id);
CREATE INDEX audit_log_action ON audit_log (action, at, id);

-- +goose Down
DROP TABLE audit_log;
