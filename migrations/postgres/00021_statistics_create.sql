-- Module: statistics. How much there is of things, as it was counted last. The table belongs to adapters/statistics.

-- +goose Up
CREATE TABLE statistics (
    things     text        NOT NULL,
    state      text        NOT NULL, -- empty where they have none
    value      bigint      NOT NULL,
    counted_at timestamptz NOT NULL,
    PRIMARY KEY (things, state)
);

-- +goose Down
DROP TABLE statistics;
