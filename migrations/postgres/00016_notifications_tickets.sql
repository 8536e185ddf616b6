-- Module: notifications. Tickets, each of which opens one socket or event stream, and what the retention looks by.

-- +goose Up
-- A ticket is kept as a hash; the access token that it stands for is sealed with a key that is made of the ticket.
CREATE TABLE notification_tickets (
    ticket_hash  bytea       PRIMARY KEY,
    sealed_token bytea       NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX notification_tickets_expiry ON notification_tickets (expires_at);

CREATE INDEX notifications_age ON notifications (created_at);

-- +goose Down
DROP INDEX notifications_age;
DROP TABLE notification_tickets;
