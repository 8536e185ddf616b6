package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

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
		return nil, cannotOpen(cfg, err)
	}
	return db, nil
}

// askAgain is how long to wait between two attempts to reach a database that is not there yet.
const askAgain = time.Second

// AwaitDatabase waits until the configured PostgreSQL serves, as long as ctx lasts, and says in the log what it is
// waiting for. It fails at once with what no waiting mends, such as a wrong password. SQLite is always there.
func AwaitDatabase(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	if !cfg.IsPostgres() {
		return nil
	}
	for {
		db, err := database.Open(ctx, database.Config{URL: cfg.DatabaseURL, MaxOpenConns: 2, AcquireTimeout: cfg.DBAcquireTimeout})
		if err == nil {
			return db.Close()
		}
		if known, ok := errors.AsType[*errs.Error](err); !ok || known.Kind != errs.Unavailable || database.IsRefused(err) {
			return cannotOpen(cfg, err)
		}
		log.WarnContext(ctx, "waiting for the database", "database", config.MaskURL(cfg.DatabaseURL), "error", reason(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askAgain):
		}
	}
}

func cannotOpen(cfg *config.Config, err error) error {
	return fmt.Errorf("the database %s cannot be opened: %s: check DATABASE_URL, and whether the database is there",
		config.MaskURL(cfg.DatabaseURL), reason(err))
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
