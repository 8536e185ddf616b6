package database

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"fasttrack/shared/clock"
)

// sqliteConn is a connection of modernc's driver that keeps times in one form and its statements prepared, and tells what
// runs on it. It is used by one goroutine at a time.
type sqliteConn struct {
	pooledConn
	recorder   *recorder
	timeFormat string
	release    func(healthy bool)

	inTx   bool
	failed error // why the transaction may be over, although nobody has ended it
}

// errTransactionOver refuses what comes after a failure at which SQLite takes a transaction back by itself. Each statement
// would be committed on its own.
var errTransactionOver = errors.New("database: SQLite has taken the transaction back")

// note looks whether an error is such a failure.
func (c *sqliteConn) note(err error) {
	if c.inTx && c.failed == nil && endsTransaction(err) {
		c.failed = fmt.Errorf("%w: %w", errTransactionOver, err)
	}
}

// BeginTx begins a transaction that does not outlive its end.
func (c *sqliteConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.moderncConn.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return sqliteTx{tx, c}, nil
}

type sqliteTx struct {
	driver.Tx
	conn *sqliteConn
}

func (t sqliteTx) Commit() error {
	if failed := t.conn.failed; failed != nil {
		_ = t.Rollback()
		return failed
	}
	t.conn.inTx = false
	return t.Tx.Commit()
}

func (t sqliteTx) Rollback() error {
	t.conn.inTx, t.conn.failed = false, nil
	return t.Tx.Rollback()
}

// moderncConn is what modernc's connections can do and database/sql makes use of.
type moderncConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// CheckNamedValue writes every time in the form of the connection; the rest is database/sql's own conversion.
func (c *sqliteConn) CheckNamedValue(nv *driver.NamedValue) error {
	value, err := driver.DefaultParameterConverter.ConvertValue(nv.Value)
	if err != nil {
		return err
	}
	if t, ok := value.(time.Time); ok {
		value = clock.Normal(t).Format(c.timeFormat)
	}
	nv.Value = value
	return nil
}

func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.recorder.recordNamed(query, args)
	began := c.recorder.began()
	result, err := c.exec(ctx, query, args)
	c.recorder.ended(ctx, query, began, err)
	return result, err
}

func (c *sqliteConn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	c.note(err)
	return result, cmp.Or(err, s.giveBack())
}

func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.recorder.recordNamed(query, args)
	began := c.recorder.began()
	rows, err := c.query(ctx, query, args)
	c.recorder.ended(ctx, query, began, err)
	return rows, err
}

func (c *sqliteConn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		c.note(err)
		return nil, cmp.Or(err, s.giveBack())
	}
	return &statementRows{readTimes(rows), s, c}, nil
}

// take returns a statement to carry out.
func (c *sqliteConn) take(ctx context.Context, query string) (*statement, error) {
	if c.failed != nil {
		return nil, c.failed
	}
	return c.statements.take(ctx, query)
}

func (c *sqliteConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.moderncConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &sqliteStmt{moderncStmt: stmt.(moderncStmt), conn: c, query: query}, nil
}

// Close gives the connection back to the pool it came from.
func (c *sqliteConn) Close() error {
	c.release(c.IsValid())
	return nil
}

type sqliteStmt struct {
	moderncStmt
	conn  *sqliteConn
	query string
}

func (s *sqliteStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.conn.recorder.recordNamed(s.query, args)
	began := s.conn.recorder.began()
	result, err := s.moderncStmt.ExecContext(ctx, args)
	s.conn.recorder.ended(ctx, s.query, began, err)
	return result, err
}

func (s *sqliteStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.recorder.recordNamed(s.query, args)
	began := s.conn.recorder.began()
	rows, err := s.moderncStmt.QueryContext(ctx, args)
	s.conn.recorder.ended(ctx, s.query, began, err)
	if err != nil {
		return nil, err
	}
	return readTimes(rows), nil
}

// statementRows give their statement back when they have been read.
type statementRows struct {
	moderncRows
	of   *statement
	conn *sqliteConn
}

func (r *statementRows) Next(dest []driver.Value) error {
	err := r.moderncRows.Next(dest)
	r.conn.note(err)
	return err
}

func (r *statementRows) Close() error {
	return cmp.Or(r.moderncRows.Close(), r.of.giveBack())
}

// timeRows turns the text of time columns into times.
type timeRows struct {
	moderncRows
	times []int // the columns that hold times
}

type moderncRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeScanType
}

func readTimes(rows driver.Rows) moderncRows {
	base := rows.(moderncRows)
	var times []int
	for i, name := range rows.Columns() {
		if holdsTime(name) {
			times = append(times, i)
		}
	}
	if times == nil {
		return base
	}
	return &timeRows{moderncRows: base, times: times}
}

func (r *timeRows) Next(dest []driver.Value) error {
	if err := r.moderncRows.Next(dest); err != nil {
		return err
	}
	for _, i := range r.times {
		if text, ok := dest[i].(string); ok {
			if t, ok := ParseTime(text); ok {
				dest[i] = t
			}
		}
	}
	return nil
}
