-- Module: idempotency. The answers that are given again to a request with the same Idempotency-Key. The table belongs
-- to adapters/idempotency: one for all modules, since a key is its user's, whatever it was used for.

-- +goose Up
CREATE TABLE idempotency_keys (
    user_id     TEXT     NOT NULL,
    key         TEXT     NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint BLOB     NOT NULL, -- of method, path and body
    status      INTEGER  NOT NULL,
    etag        TEXT     NOT NULL,
    location    TEXT     NOT NULL,
    body        TEXT     NOT NULL, -- JSON, byte for byte
    created_at  DATETIME NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
