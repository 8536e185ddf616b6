-- Module: statistics. How much there is of things, as it was counted last. The table belongs to adapters/statistics.

-- +goose Up
CREATE TABLE statistics (
    things     TEXT     NOT NULL,
    state      TEXT     NOT NULL, -- empty where they have none
    value      INTEGER  NOT NULL,
    counted_at DATETIME NOT NULL,
    PRIMARY KEY (things, state)
);

-- +goose Down
DROP TABLE statistics;
