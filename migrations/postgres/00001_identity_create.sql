-- Module: identity. Accounts, sessions with the chains of their refresh tokens, and the list of access changes.

-- +goose Up
CREATE TABLE users (
    id             uuid        PRIMARY KEY,
    email          text        NOT NULL CHECK (octet_length(email) <= 254),
    -- Both are folded by the program, so that case means the same on every database and in every locale.
    email_key      text        COLLATE "C" NOT NULL,
    search_key     text        NOT NULL,
    display_name   text        NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 100),
    role           text        NOT NULL CHECK (role IN ('user', 'admin')),
    is_active      boolean     NOT NULL,
    email_verified boolean     NOT NULL,
    password_hash  text        NOT NULL,
    version        bigint      NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);

CREATE UNIQUE INDEX users_email_key ON users (email_key);
-- One index for each order of the list.
CREATE INDEX users_created ON users (created_at, id);
CREATE INDEX users_email ON users (email_key, id);
-- All of them are locked before one may cease to be one.
CREATE INDEX users_active_admins ON users (role, id) WHERE role = 'admin' AND is_active;

CREATE TABLE sessions (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id),
    ip           text        NOT NULL,
    user_agent   text        NOT NULL,
    generation   bigint      NOT NULL, -- of the live refresh token
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL, -- when the live refresh token does
    ended_at     timestamptz,
    end_reason   text        NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason = ''))
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id) WHERE ended_at IS NULL;

-- What is kept of a refresh token makes no token: its secret part is an HMAC under a key that is not here.
CREATE TABLE refresh_tokens (
    session_id  uuid        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    generation  bigint      NOT NULL,
    kid         text        NOT NULL,
    token_hash  bytea       NOT NULL,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    consumed_at timestamptz,
    PRIMARY KEY (session_id, generation)
);

-- Every end of a session, and every change of a user's role or activation, in the order of the commits: whoever
-- numbers a change holds the one row of the head until its own commit.
CREATE TABLE identity_change_head (
    id       integer PRIMARY KEY CHECK (id = 1),
    last_seq bigint  NOT NULL
);
INSERT INTO identity_change_head (id, last_seq) VALUES (1, 0);

CREATE TABLE identity_changes (
    seq        bigint      PRIMARY KEY,
    session_id uuid, -- of a session that ended; otherwise a change of the user
    user_id    uuid        NOT NULL,
    role       text,
    is_active  boolean,
    expires_at timestamptz NOT NULL, -- no token that it concerns lives longer
    CHECK ((session_id IS NULL) = (role IS NOT NULL AND is_active IS NOT NULL))
);
CREATE INDEX identity_changes_expiry ON identity_changes (expires_at);

-- +goose Down
DROP TABLE identity_changes;
DROP TABLE identity_change_head;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
