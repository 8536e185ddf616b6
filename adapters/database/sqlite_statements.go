package database

import (
	"container/list"
	"context"
	"database/sql/driver"
)

// keptStatements is how many prepared statements a connection keeps. The program has a few hundred texts, and a list of
// ids has one for each length.
const keptStatements = 256

// maxKeptText is the longest text that is kept: migrations are longer, and run once.
const maxKeptText = 8 << 10

// statements are the prepared statements of one SQLite connection, by their text. Without them the driver parses and
// plans each statement anew, which takes longer than to carry out most of them. SQLite prepares a kept statement again
// by itself when the schema has changed. They are used by one goroutine at a time, as the connection is.
type statements struct {
	conn   moderncConn
	byText map[string]*list.Element // of *statement
	byUse  list.List                // the one used last is in front
}

// statement is a prepared one. While rows of it are read it is in use, and not to be had.
type statement struct {
	moderncStmt
	text  string
	inUse bool
	kept  bool
}

type moderncStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// pooledConn is a connection as the pool keeps it, with its statements.
type pooledConn struct {
	moderncConn
	statements *statements
}

func newPooledConn(conn moderncConn) pooledConn {
	return pooledConn{conn, &statements{conn: conn, byText: make(map[string]*list.Element)}}
}

// Close closes the statements, and then the connection.
func (c pooledConn) Close() error {
	c.statements.close()
	return c.moderncConn.Close()
}

// take returns a statement, which must be given back.
func (s *statements) take(ctx context.Context, text string) (*statement, error) {
	if element, ok := s.byText[text]; ok {
		if found := element.Value.(*statement); !found.inUse {
			s.byUse.MoveToFront(element)
			found.inUse = true
			return found, nil
		}
	}
	prepared, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	made := &statement{moderncStmt: prepared.(moderncStmt), text: text, inUse: true}
	if _, taken := s.byText[text]; !taken && len(text) <= maxKeptText {
		made.kept = true
		s.byText[text] = s.byUse.PushFront(made)
		s.shrink()
	}
	return made, nil
}

// shrink lets go of the statement that was used longest ago.
func (s *statements) shrink() {
	if s.byUse.Len() <= keptStatements {
		return
	}
	oldest := s.byUse.Remove(s.byUse.Back()).(*statement)
	delete(s.byText, oldest.text)
	oldest.kept = false
	if !oldest.inUse {
		_ = oldest.Close()
	}
}

// giveBack ends the use of a statement.
func (s *statement) giveBack() error {
	s.inUse = false
	if s.kept {
		return nil
	}
	return s.Close()
}

// close lets go of all, before the connection is closed.
func (s *statements) close() {
	for element := s.byUse.Front(); element != nil; element = element.Next() {
		_ = element.Value.(*statement).Close()
	}
}
