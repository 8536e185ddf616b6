package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/errs"
)

// OpenDatabase opens the configured database. Its error is one line that says which database and why not.
func OpenDatabase(ctx context.Context, cfg *config.Config, log *slog.Logger) (*database.DB, error) {
	db, err := database.Open(ctx, database.Config{
		URL: cfg.DatabaseURL, MaxOpenConns: cfg.DBMaxOpenConns, MinIdleConns: cfg.DBMinIdleConns,
		ConnMaxLifetime: cfg.DBConnMaxLifetime, AcquireTimeout: cfg.DBAcquireTimeout, Log: log,
	})
	if err != nil {
		return nil, fmt.Errorf("the database %s cannot be opened: %s: check DATABASE_URL, and whether the database is there",
			config.MaskURL(cfg.DatabaseURL), reason(err))
	}
	return db, nil
}

// reason returns what the database or the network said. What is made of it for clients, that they may try again, is
// left out; of several attempts the last is told, which a driver has each on a line of its own.
func reason(err error) string {
	var forClients *errs.Error
	if errors.As(err, &forClients) && forClients.Unwrap() != nil {
		err = forClients.Unwrap()
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
