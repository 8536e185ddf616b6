-- Module: notifications. Mail to assignees: this module's copy of the users, and what they have been written of.

-- +goose Up
CREATE TABLE notification_users (
    user_id      uuid    PRIMARY KEY,
    display_name text    NOT NULL,
    is_active    boolean NOT NULL,
    role         text    NOT NULL,
    version      bigint  NOT NULL,
    email        text    NOT NULL,
    email_key    text    NOT NULL
);
-- Those who were there before the copy was.
INSERT INTO notification_users (user_id, display_name, is_active, role, version, email, email_key)
    SELECT id, display_name, is_active, role, version, email, email_key FROM users;

ALTER TABLE notifications ADD COLUMN mailed_at timestamptz;

-- +goose Down
ALTER TABLE notifications DROP COLUMN mailed_at;
DROP TABLE notification_users;
