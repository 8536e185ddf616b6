-- Module: identity. The mails to users and the tokens in them, and addresses that wait to be verified.

-- +goose Up
ALTER TABLE users ADD COLUMN pending_email text CHECK (octet_length(pending_email) <= 254);

-- What is kept of a token makes no token: its secret part is an HMAC under a key that is not here.
CREATE TABLE identity_mails (
    id         uuid        NOT NULL PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES users (id),
    kind       text        NOT NULL CHECK (kind IN ('verify_email', 'reset_password', 'email_changing')),
    address    text        NOT NULL, -- that it goes to
    token_hash bytea,                -- none: there is no token in it
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, -- neither sent nor taken any more
    sent_at    timestamptz,
    ended_at   timestamptz           -- the token was used, or there is a newer one
);
CREATE INDEX identity_mails_user ON identity_mails (user_id, kind, created_at);
CREATE INDEX identity_mails_expires ON identity_mails (expires_at);

-- +goose Down
DROP TABLE identity_mails;
ALTER TABLE users DROP COLUMN pending_email;
