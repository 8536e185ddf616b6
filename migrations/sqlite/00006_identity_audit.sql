-- Module: identity. What was done to accounts and sessions, by whom and from where.

-- +goose Up
-- Rows are only ever added. They refer to nothing, so that they outlive what they tell of.
CREATE TABLE audit_log (
    id          TEXT NOT NULL PRIMARY KEY,
    at          DATETIME NOT NULL,
    actor_id    TEXT, -- none: nobody who is known
    action      TEXT NOT NULL,
    target_type TEXT NOT NULL,
    target_id   TEXT, -- none: what was meant does not exist
    ip          TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    details     TEXT NOT NULL -- a JSON object
);
-- One for the list, and one for each of its filters.
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_actor ON audit_log (actor_id, at, id);
CREATE INDEX audit_log_action ON audit_log (action, at, id);

-- +goose Down
DROP TABLE audit_log;
