package database

import (
	"context"
	"database/sql"
	"regexp"
	"strings"

	"gorm.io/gorm"

	"fasttrack/shared/uow"
)

// Conn returns the connection for the statements of a store: the transaction of the unit of work that ctx carries,
// or one that can only read. Statements on it run under ctx. When the unit has ended, every statement fails with
// uow.ErrDone.
func (db *DB) Conn(ctx context.Context) *gorm.DB {
	var pool gorm.ConnPool = readConn{db.reader, db}
	t := db.transaction(ctx)
	if t != nil {
		pool = unitConn{t}
	}
	session := db.gorm.Session(&gorm.Session{NewDB: true, Context: ctx})
	session.Statement.ConnPool = pool
	if t != nil && t.done.Load() {
		_ = session.AddError(uow.ErrDone)
	}
	return session
}

// Tx returns the transaction of the unit of work that ctx carries, for the job queue, which inserts with it.
// Outside a unit, and after it, the error is uow.ErrDone.
func (db *DB) Tx(ctx context.Context) (*sql.Tx, error) {
	t := db.transaction(ctx)
	if t == nil || t.done.Load() {
		return nil, uow.ErrDone
	}
	return t.tx, nil
}

// unitConn is the transaction as GORM sees it. GORM can neither commit it nor nest another one in it. That the unit has
// ended is looked at here: its transaction may go on with other units.
type unitConn struct{ *transaction }

func (c unitConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if c.done.Load() {
		return nil, uow.ErrDone
	}
	return c.tx.ExecContext(ctx, query, native(c.dialect, args)...)
}

func (c unitConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if c.done.Load() {
		return nil, uow.ErrDone
	}
	return c.tx.QueryContext(ctx, query, native(c.dialect, args)...)
}

func (c unitConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if c.done.Load() {
		ctx = canceled(ctx) // a sql.Row cannot be given an error of ours
	}
	return c.tx.QueryRowContext(ctx, query, native(c.dialect, args)...)
}

func (c unitConn) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if c.done.Load() {
		return nil, uow.ErrDone
	}
	return c.tx.PrepareContext(ctx, query)
}

// native gives the database arguments in its own form, where it has one.
func native(d Dialect, args []any) []any {
	if d != Postgres {
		return args
	}
	return uuidArguments(args)
}

// readConn refuses to write, and to begin a transaction. SQLite's readers refuse by themselves (query_only); on
// PostgreSQL, where all share one pool, this is what turns a write outside a unit of work into a loud error. What it
// cannot see is a function that writes, called by a SELECT.
type readConn struct {
	db    *sql.DB
	owner *DB // whose connections these are
}

func (c readConn) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, ErrWriteOutsideUnit
}

func (c readConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !onlyReads(query) {
		return nil, ErrWriteOutsideUnit
	}
	return c.db.QueryContext(ctx, query, native(c.owner.dialect, args)...)
}

func (c readConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if !onlyReads(query) {
		ctx = canceled(ctx)
	}
	return c.db.QueryRowContext(ctx, query, native(c.owner.dialect, args)...)
}

func (c readConn) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, ErrWriteOutsideUnit
}

func canceled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

var writes = regexp.MustCompile(`(?i)\b(insert\s+into|update|delete\s+from|merge\s+into)\b`)

// onlyReads looks at the first word; only WITH may have a write further on.
func onlyReads(query string) bool {
	query = strings.TrimLeft(query, " \t\r\n(")
	end := strings.IndexFunc(query, func(r rune) bool { return r < 'A' || r > 'z' })
	if end < 0 {
		end = len(query)
	}
	switch strings.ToUpper(query[:end]) {
	case "SELECT", "VALUES", "EXPLAIN", "SHOW", "TABLE":
		return true
	case "WITH":
		return !writes.MatchString(query)
	}
	return false
}
