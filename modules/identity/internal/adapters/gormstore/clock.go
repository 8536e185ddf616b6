package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/shared/clock"
)

// times is the time of the database. All nodes on one PostgreSQL share its clock; SQLite is on this machine and has
// the clock of the program.
type times struct {
	db  *database.DB
	now clock.Clock
}

// sql returns an expression for the time at which it is evaluated, with its arguments: not when the transaction
// began, since it may have waited for a lock.
func (t times) sql() (expression string, args []any) {
	if t.db.Dialect() == database.Postgres {
		return "(SELECT clock_timestamp())", nil // in a SELECT of its own it is evaluated once per statement
	}
	return "?", []any{t.now()}
}

// read returns the time of the database by a statement of its own.
func (t times) read(ctx context.Context) (time.Time, error) {
	var r struct{ At time.Time }
	now, args := t.sql()
	if err := t.db.Conn(ctx).Raw("SELECT "+now+" AS at", args...).Scan(&r).Error; err != nil {
		return time.Time{}, fmt.Errorf("read the time of the database: %w", err)
	}
	return clock.Normal(r.At), nil
}
