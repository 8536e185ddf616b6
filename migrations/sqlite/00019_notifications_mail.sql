-- Module: notifications. Mail to assignees: this module's copy of the users, and what they have been written of.

-- +goose Up
CREATE TABLE notification_users (
    user_id      TEXT    NOT NULL PRIMARY KEY,
    display_name TEXT    NOT NULL,
    is_active    INTEGER NOT NULL,
    role         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    email        TEXT    NOT NULL,
    email_key    TEXT    NOT NULL
) WITHOUT ROWID;
-- Those who were there before the copy was.
INSERT INTO notification_users (user_id, display_name, is_active, role, version, email, email_key)
    SELECT id, display_name, is_active, role, version, email, email_key FROM users;

ALTER TABLE notifications ADD COLUMN mailed_at DATETIME;

-- +goose Down
ALTER TABLE notifications DROP COLUMN mailed_at;
DROP TABLE notification_users;
