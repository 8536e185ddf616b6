package database

import (
	"context"
	"database/sql/driver"
	"time"

	"fasttrack/shared/clock"
)

// sqliteConn is a connection of modernc's driver that keeps times in one form and tells what runs on it.
// It is used by one goroutine at a time.
type sqliteConn struct {
	moderncConn
	recorder   *recorder
	timeFormat string
	release    func(healthy bool)
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
	result, err := c.moderncConn.ExecContext(ctx, query, args)
	c.recorder.ended(ctx, query, began, err)
	return result, err
}

func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.recorder.recordNamed(query, args)
	began := c.recorder.began()
	rows, err := c.moderncConn.QueryContext(ctx, query, args)
	c.recorder.ended(ctx, query, began, err)
	return readTimes(rows, err)
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

type moderncStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
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
	return readTimes(rows, err)
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

func readTimes(rows driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, err
	}
	var times []int
	for i, name := range rows.Columns() {
		if holdsTime(name) {
			times = append(times, i)
		}
	}
	base, ok := rows.(moderncRows)
	if times == nil || !ok {
		return rows, nil
	}
	return &timeRows{moderncRows: base, times: times}, nil
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
