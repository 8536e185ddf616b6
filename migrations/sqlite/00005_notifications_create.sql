-- Module: notifications. The feed of each user: what they were told, numbered without a gap.

-- +goose Up
-- One row per user who was ever told something.
CREATE TABLE notification_streams (
    user_id    TEXT    NOT NULL PRIMARY KEY,
    last_seq   INTEGER NOT NULL,
    first_kept INTEGER NOT NULL DEFAULT 1,
    CHECK (first_kept >= 1 AND last_seq >= first_kept - 1)
) WITHOUT ROWID;

CREATE TABLE notifications (
    user_id    TEXT     NOT NULL,
    seq        INTEGER  NOT NULL CHECK (seq >= 1),
    id         TEXT     NOT NULL UNIQUE,
    type       TEXT     NOT NULL,
    data       TEXT     NOT NULL CHECK (json_valid(data)),
    created_at DATETIME NOT NULL,
    read_at    DATETIME,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX notifications_unread ON notifications (user_id, seq) WHERE read_at IS NULL;

-- +goose Down
DROP TABLE notifications;
DROP TABLE notification_streams;
