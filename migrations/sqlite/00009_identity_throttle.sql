-- Module: identity. How often passwords were guessed wrong, and what finds that which nobody needs any more.

-- +goose Up
-- An account is an HMAC of what was tried, under a key that is not here: whether it exists or not, its rows look alike,
-- and they do not tell which one it is.
CREATE TABLE guess_accounts (
    account   BLOB     NOT NULL PRIMARY KEY,
    failures  BLOB     NOT NULL, -- the times of those within the last hour
    forget_at DATETIME NOT NULL  -- from then on it says nothing any more
);
CREATE INDEX guess_accounts_forget ON guess_accounts (forget_at);

CREATE TABLE guess_pairs (
    account   BLOB     NOT NULL,
    network   TEXT     NOT NULL, -- an IPv4 address, or the first half of an IPv6 address
    failures  INTEGER  NOT NULL, -- since the last success
    free_at   DATETIME NOT NULL, -- the next guess counts from then on
    forget_at DATETIME NOT NULL,
    PRIMARY KEY (account, network)
);
CREATE INDEX guess_pairs_forget ON guess_pairs (forget_at);

CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at, session_id, generation);

-- +goose Down
DROP INDEX refresh_tokens_expiry;
DROP TABLE guess_pairs;
DROP TABLE guess_accounts;
