package database

import (
	"cmp"
	"context"
	"database/sql/driver"
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
	s, err := c.statements.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
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
	s, err := c.statements.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, cmp.Or(err, s.giveBack())
	}
	return &statementRows{readTimes(rows), s}, nil
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
	of *statement
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
