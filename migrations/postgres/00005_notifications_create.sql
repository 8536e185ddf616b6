-- Module: notifications. The feed of each user: what they were told, numbered without a gap.

-- +goose Up
-- One row per user who was ever told something. Whoever appends holds it until the commit. Its columns but the key are
-- in no index and its pages keep some room, so that an update stays on its page.
CREATE TABLE notification_streams (
    user_id    uuid   PRIMARY KEY,
    last_seq   bigint NOT NULL,
    first_kept bigint NOT NULL DEFAULT 1,
    CHECK (first_kept >= 1 AND last_seq >= first_kept - 1)
) WITH (fillfactor = 70);

CREATE TABLE notifications (
    user_id    uuid        NOT NULL,
    seq        bigint      NOT NULL CHECK (seq >= 1),
    id         uuid        NOT NULL UNIQUE,
    type       text        NOT NULL,
    data       json        NOT NULL,
    created_at timestamptz NOT NULL,
    read_at    timestamptz,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX notifications_unread ON notifications (user_id, seq) WHERE read_at IS NULL;

-- +goose Down
DROP TABLE notifications;
DROP TABLE notification_streams;
