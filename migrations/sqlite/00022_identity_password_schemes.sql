-- Module: identity. By which schemes passwords were hashed: a hash without its salt and key, which leaves the algorithm and
-- its parameters, such as $argon2id$v=19$m=19456,t=2,p=1$ or $2b$10$. Whether there is one that is not the current one is
-- looked up every so often, and mostly there is none.

-- +goose Up
CREATE INDEX users_password_scheme ON users (rtrim(substr(password_hash, 1, 40), './+0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'));

-- +goose Down
DROP INDEX users_password_scheme;
