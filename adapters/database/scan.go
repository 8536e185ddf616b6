package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"

	"fasttrack/shared/ids"
)

// Row is one row of a result: Scan copies its columns, in order, into what dest points at.
type Row interface{ Scan(dest ...any) error }

// Scan carries out a query that was built with GORM, db.Conn(ctx).Raw(…) or a chain with Select, and has the function read
// its rows, one after the other. It is for the reads that are called most: on PostgreSQL, outside a unit of work, it
// takes much less time than GORM's own Scan, which goes through two more layers and reflection for every column. Inside one,
// and on SQLite, it does without the reflection.
//
//	tasks, err := database.Scan(s.db.Conn(ctx).Raw(`SELECT id, title …`, id), func(r database.Row, t *task) error {
//		return r.Scan(&t.id, &t.title)
//	})
//
// The columns are those of the SELECT, in its order. Errors have their meaning, see [Translate].
func Scan[T any](q *gorm.DB, read func(from Row, into *T) error) ([]T, error) {
	statement, err := built[T](q)
	if err != nil {
		return nil, err
	}
	var found []T
	begin := time.Now()
	err = query(statement, func(r Row) error {
		found = append(found, *new(T)) // and read where it stays
		return read(r, &found[len(found)-1])
	})
	q.Logger.Trace(statement.Context, begin, func() (string, int64) {
		return statement.SQL.String(), int64(len(found))
	}, err)
	if err != nil {
		return nil, Translate(err)
	}
	return found, nil
}

// built returns the statement with its text and arguments, which a chain does not have before it is carried out.
func built[T any](q *gorm.DB) (*gorm.Statement, error) {
	if q.Error == nil && q.Statement.SQL.Len() == 0 {
		var rows []T
		q = q.Session(&gorm.Session{DryRun: true}).Find(&rows)
	}
	return q.Statement, q.Error
}

func query(s *gorm.Statement, each func(Row) error) error {
	text := s.SQL.String()
	var rows *sql.Rows
	var err error
	switch conn := s.ConnPool.(type) {
	case readConn:
		if !onlyReads(text) {
			return ErrWriteOutsideUnit
		}
		if conn.owner.pool != nil {
			return conn.owner.queryPool(s.Context, text, s.Vars, each)
		}
		rows, err = conn.db.QueryContext(s.Context, text, s.Vars...)
	default:
		rows, err = s.ConnPool.QueryContext(s.Context, text, s.Vars...)
	}
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// deadConnections bounds how often a query is sent again because the connection turned out to be dead before anything
// was sent on it, as database/sql does.
const deadConnections = 2

// queryPool asks PostgreSQL through pgx alone.
func (db *DB) queryPool(ctx context.Context, text string, vars []any, each func(Row) error) error {
	args := uuidArguments(vars)
	for try := 0; ; try++ {
		sent, err := db.queryOnce(ctx, text, args, each)
		if err == nil || sent || try == deadConnections || !pgconn.SafeToRetry(err) {
			return err
		}
	}
}

// queryOnce takes one connection. sent tells whether the query may have reached the server.
func (db *DB) queryOnce(ctx context.Context, text string, args []any, each func(Row) error) (sent bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, db.config.AcquireTimeout)
	conn, err := db.pool.Acquire(bounded)
	late := bounded.Err() != nil
	cancel()
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return true, ctx.Err()
		}
		if late {
			err = fmt.Errorf("no connection within %s: %w", db.config.AcquireTimeout, err)
		}
		return true, ErrUnavailable.WithCause(err)
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, text, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var r Row = pgxRow{rows} // once, and not for each row
	for rows.Next() {
		sent = true
		if err := each(r); err != nil {
			return sent, err
		}
	}
	return sent, rows.Err()
}

// pgxRow reads ids from PostgreSQL's own form; by [ids.ID.Scan] they would be written as text and read again.
type pgxRow struct{ rows Row }

func (r pgxRow) Scan(dest ...any) error {
	for i, d := range dest {
		switch d := d.(type) {
		case *ids.ID:
			dest[i] = (*uuidInto)(d)
		case **ids.ID:
			dest[i] = nullUUIDInto{d}
		}
	}
	return r.rows.Scan(dest...)
}

// uuidInto and nullUUIDInto are ids as pgx fills them.
type (
	uuidInto     ids.ID
	nullUUIDInto struct{ id **ids.ID }
)

func (into *uuidInto) ScanUUID(v pgtype.UUID) error {
	*into = uuidInto(v.Bytes) // of NULL: none
	return nil
}

func (into nullUUIDInto) ScanUUID(v pgtype.UUID) error {
	*into.id = nil
	if v.Valid {
		*into.id = new(ids.ID(v.Bytes))
	}
	return nil
}

// uuidArguments gives PostgreSQL ids in its own form. By [ids.ID.Value] pgx would take each as text, after an attempt to
// do without that costs an error.
func uuidArguments(vars []any) []any {
	args := make([]any, len(vars))
	for i, v := range vars {
		args[i] = uuidArgument(v)
	}
	return args
}

func uuidArgument(v any) any {
	switch v := v.(type) {
	case ids.ID:
		return pgtype.UUID{Bytes: v, Valid: true}
	case *ids.ID:
		if v == nil {
			return pgtype.UUID{}
		}
		return pgtype.UUID{Bytes: *v, Valid: true}
	}
	return v
}
