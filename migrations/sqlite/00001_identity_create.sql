-- Module: identity. Accounts, sessions with the chains of their refresh tokens, and the list of access changes.

-- +goose Up
CREATE TABLE users (
    id             TEXT     NOT NULL PRIMARY KEY,
    email          TEXT     NOT NULL CHECK (length(CAST(email AS BLOB)) <= 254),
    -- Both are folded by the program, so that case means the same on every database and in every locale.
    email_key      TEXT     NOT NULL,
    search_key     TEXT     NOT NULL,
    display_name   TEXT     NOT NULL CHECK (length(display_name) BETWEEN 1 AND 100),
    role           TEXT     NOT NULL CHECK (role IN ('user', 'admin')),
    is_active      BOOLEAN  NOT NULL,
    email_verified BOOLEAN  NOT NULL,
    password_hash  TEXT     NOT NULL,
    version        INTEGER  NOT NULL,
    created_at     DATETIME NOT NULL,
    updated_at     DATETIME NOT NULL
);

CREATE UNIQUE INDEX users_email_key ON users (email_key);
-- One index for each order of the list.
CREATE INDEX users_created ON users (created_at, id);
CREATE INDEX users_email ON users (email_key, id);
-- All of them are looked at before one may cease to be one.
CREATE INDEX users_active_admins ON users (role, id) WHERE role = 'admin' AND is_active;

CREATE TABLE sessions (
    id           TEXT     NOT NULL PRIMARY KEY,
    user_id      TEXT     NOT NULL REFERENCES users (id),
    ip           TEXT     NOT NULL,
    user_agent   TEXT     NOT NULL,
    generation   INTEGER  NOT NULL, -- of the live refresh token
    created_at   DATETIME NOT NULL,
    last_used_at DATETIME NOT NULL,
    expires_at   DATETIME NOT NULL, -- when the live refresh token does
    ended_at     DATETIME,
    end_reason   TEXT     NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason = ''))
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id) WHERE ended_at IS NULL;

-- What is kept of a refresh token makes no token: its secret part is an HMAC under a key that is not here.
CREATE TABLE refresh_tokens (
    session_id  TEXT     NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    generation  INTEGER  NOT NULL,
    kid         TEXT     NOT NULL,
    token_hash  BLOB     NOT NULL,
    issued_at   DATETIME NOT NULL,
    expires_at  DATETIME NOT NULL,
    consumed_at DATETIME,
    PRIMARY KEY (session_id, generation)
);

-- Every end of a session, and every change of a user's role or activation, in the order of the commits.
CREATE TABLE identity_change_head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    last_seq INTEGER NOT NULL
);
INSERT INTO identity_change_head (id, last_seq) VALUES (1, 0);

CREATE TABLE identity_changes (
    seq        INTEGER  PRIMARY KEY,
    session_id TEXT, -- of a session that ended; otherwise a change of the user
    user_id    TEXT     NOT NULL,
    role       TEXT,
    is_active  BOOLEAN,
    expires_at DATETIME NOT NULL, -- no token that it concerns lives longer
    CHECK ((session_id IS NULL) = (role IS NOT NULL AND is_active IS NOT NULL))
);
CREATE INDEX identity_changes_expiry ON identity_changes (expires_at);

-- +goose Down
DROP TABLE identity_changes;
DROP TABLE identity_change_head;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
