package database

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"
)

// Dialect is the kind of database.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Lock returns a locking clause such as "FOR SHARE" for raw SQL, and nothing on SQLite, where a unit of work is the
// only writer anyway. (GORM's clause.Locking leaves itself out on SQLite.)
func (d Dialect) Lock(clause string) string {
	if d == SQLite {
		return ""
	}
	return clause
}

// Config says which database to open and how much of it to use. Only URL is needed.
type Config struct {
	// URL is sqlite://relative/path, sqlite:///absolute/path, postgres://… or postgresql://….
	URL string
	// MaxOpenConns bounds the connections, 20 by default. SQLite uses one writer and at most as many readers as
	// there is use for on this machine.
	MaxOpenConns int
	// MinIdleConns are kept open by PostgreSQL's pool, 2 by default; a negative number is none.
	MinIdleConns int
	// ConnMaxLifetime is the age at which PostgreSQL's connections are replaced, 1 h by default.
	ConnMaxLifetime time.Duration
	// AcquireTimeout bounds the wait for a connection, 2 s by default. Beyond it: errs.Unavailable.
	AcquireTimeout time.Duration
	// UnitTimeout bounds a unit of work with its retries, from its first transaction on; 15 s by default. It begins anew
	// when others have made the unit lose its transaction.
	UnitTimeout time.Duration
	// SlowQuery is the duration from which a statement is logged as slow, without its values; 500 ms by default.
	SlowQuery time.Duration
	// Log gets slow statements. Errors are returned and not logged.
	Log *slog.Logger
}

// retryAfter is what a client is told when the database cannot serve it.
const retryAfter = time.Second

func (c Config) withDefaults() Config {
	c.MaxOpenConns = cmp.Or(c.MaxOpenConns, 20)
	c.MinIdleConns = max(0, min(cmp.Or(c.MinIdleConns, 2), c.MaxOpenConns))
	c.ConnMaxLifetime = cmp.Or(c.ConnMaxLifetime, time.Hour)
	c.AcquireTimeout = cmp.Or(c.AcquireTimeout, 2*time.Second)
	c.UnitTimeout = cmp.Or(c.UnitTimeout, 15*time.Second)
	c.SlowQuery = cmp.Or(c.SlowQuery, 500*time.Millisecond)
	c.Log = cmp.Or(c.Log, slog.Default())
	return c
}

// readers is how many SQLite connections read at once: more than the processors can run only takes memory.
func (c Config) readers() int {
	return max(1, min(c.MaxOpenConns-1, max(4, 2*runtime.NumCPU())))
}

// dialect tells the dialect of the URL.
func (c Config) dialect() (Dialect, error) {
	scheme, _, found := strings.Cut(c.URL, "://")
	switch {
	case found && scheme == "sqlite":
		return SQLite, nil
	case found && (scheme == "postgres" || scheme == "postgresql"):
		return Postgres, nil
	}
	return "", errors.New("the database URL must begin with sqlite://, postgres:// or postgresql://")
}

// sqlitePath returns the file that a sqlite:// URL names.
func (c Config) sqlitePath() (string, error) {
	path := strings.TrimPrefix(c.URL, "sqlite://")
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return "", fmt.Errorf("the database URL %q names no file", c.URL)
	case strings.Contains(path, ":memory:"):
		return "", errors.New("SQLite in memory is not supported: its readers would not see what is written")
	case strings.Contains(path, "?"):
		return "", fmt.Errorf("the database URL %q must be a plain path, without parameters", c.URL)
	}
	return path, nil
}
