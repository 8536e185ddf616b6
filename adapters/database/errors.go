package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"fasttrack/shared/errs"
)

// ErrUnavailable says that the database cannot serve now: it is gone, full of connections, or too slow.
var ErrUnavailable = errs.New(errs.Unavailable, errs.CodeUnavailable, "the service is busy; try again shortly").
	WithRetryAfter(retryAfter)

// ErrWriteOutsideUnit refuses a statement that would change something outside [DB.Do].
var ErrWriteOutsideUnit = errors.New("database: a write outside a unit of work: use DB.Do")

// Translate gives an error of the database its meaning: gorm's errors for violated constraints, [ErrUnavailable] for
// a database that cannot serve. GORM and [DB.Do] call it by themselves; it is for the rare code that uses
// [DB.Pool], [DB.SQL] or sql.Row directly. An error that carries its kind already is left alone.
func Translate(err error) error {
	var known *errs.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case isUnavailable(err) || isRetryable(err):
		return ErrUnavailable.WithCause(err)
	}
	if meaning := violation(err); meaning != nil && !errors.Is(err, meaning) {
		return fmt.Errorf("%w: %w", meaning, err)
	}
	return err
}

// violation returns gorm's name for the constraint that err says was violated, or nil.
func violation(err error) error {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		switch pg.Code {
		case "23505":
			return gorm.ErrDuplicatedKey
		case "23503", "23001":
			return gorm.ErrForeignKeyViolated
		case "23514":
			return gorm.ErrCheckConstraintViolated
		}
	case errors.As(err, &lite):
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return gorm.ErrDuplicatedKey
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return gorm.ErrForeignKeyViolated
		case sqlite3.SQLITE_CONSTRAINT_CHECK:
			return gorm.ErrCheckConstraintViolated
		}
	}
	return nil
}

// isRetryable reports whether the transaction lost against another one and may win when run anew.
func isRetryable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01" // serialization failure, deadlock
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff
		return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
	}
	return false
}

// endsTransaction reports whether SQLite may have taken a transaction back because of err (lang_transaction.html, "Response
// to errors within a transaction"; an interrupted statement that writes does the same).
func endsTransaction(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true // which is how the driver tells of an interrupt
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch lite.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_CORRUPT:
		return true
	}
	return false
}

// isUnavailable reports whether the database could not serve, through no fault of the statement.
func isUnavailable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "57014", // canceled: a timeout of the server
			"57P01", "57P02", "57P03", "57P05", // shutting down, crashed, starting, idle too long
			"25P03", "25P04", // a transaction that was idle or took too long
			"25006", // read-only: a standby that has not been promoted yet
			"55P03": // a lock that was not to be had in time
			return true
		}
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") // connection; resources
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
			return true
		}
		return false
	}
	if errors.Is(err, context.Canceled) { // the client has gone; there is nobody to tell
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, puddle.ErrClosedPool) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

// IsRefused reports whether PostgreSQL answered and will not let this program in, however often it asks: the user, the
// password or the name of the database are wrong, or the user lacks the right to connect.
func IsRefused(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(pg.Code, "28") || pg.Code == "3D000" || pg.Code == "42501")
}

// boundedConnector bounds the wait for a connection. Its refusal is the database's, not the caller's deadline.
type boundedConnector struct {
	driver.Connector
	timeout time.Duration
}

// Connect fails with [ErrUnavailable] when no connection is to be had in time.
func (c boundedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.Connector.Connect(bounded)
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return nil, ctx.Err()
	}
	if bounded.Err() != nil {
		err = fmt.Errorf("no connection within %s: %w", c.timeout, err)
	}
	return nil, ErrUnavailable.WithCause(err)
}

// The dialectors make GORM hand out translated errors: GORM passes every error of a statement through Translate.
type (
	sqliteDialector   struct{ *gormsqlite.Dialector }
	postgresDialector struct{ *gormpostgres.Dialector }
)

func (sqliteDialector) Translate(err error) error   { return Translate(err) }
func (postgresDialector) Translate(err error) error { return Translate(err) }
