-- Module: notifications. Tickets, each of which opens one socket or event stream, and what the retention looks by.

-- +goose Up
-- A ticket is kept as a hash; the access token that it stands for is sealed with a key that is made of the ticket.
CREATE TABLE notification_tickets (
    ticket_hash  BLOB     NOT NULL PRIMARY KEY,
    sealed_token BLOB     NOT NULL,
    expires_at   DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX notification_tickets_expiry ON notification_tickets (expires_at);

CREATE INDEX notifications_age ON notifications (created_at);

-- +goose Down
DROP INDEX notifications_age;
DROP TABLE notification_tickets;
