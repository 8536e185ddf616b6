// Package transfer moves the rows of a SQLite database into a PostgreSQL one of the same schema. It knows nothing of
// what they mean: which tables and columns there are, and of which type, it asks PostgreSQL.
package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"fasttrack/adapters/database"
)

// Table tells of one table that was copied: what was read is what can be read from the other side.
type Table struct {
	Name string
	Rows int64
	Sum  string // of all rows in any order, in hexadecimal digits
}

// Copy replaces the rows of every table of to by those of the table of the same name of from, in one transaction, and
// returns the tables in the order of their names. It reads every table back and fails, leaving to as it was, unless
// count and checksum are the same. Tables that skip tells of are left alone, and so is what only SQLite has, such as
// the tables of an index.
//
// While it runs nobody can write to from. The program that uses it must have been stopped, or what it writes afterwards
// is in the old database alone.
func Copy(ctx context.Context, from, to *database.DB, skip func(table string) bool) ([]Table, error) {
	if from.Dialect() != database.SQLite || to.Dialect() != database.Postgres {
		return nil, errors.New("transfer: rows go from SQLite to PostgreSQL")
	}
	source, err := from.SQL().BeginTx(ctx, nil) // holds the lock of the only writer
	if err != nil {
		return nil, fmt.Errorf("begin to read: %w", database.Translate(err))
	}
	defer func() { _ = source.Rollback() }() // it only read
	conn, err := to.Pool().Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin to write: %w", database.Translate(err))
	}
	defer conn.Release()
	target, err := conn.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin to write: %w", database.Translate(err))
	}
	defer func() { _ = target.Rollback(context.WithoutCancel(ctx)) }() // does nothing after the commit

	tables, err := tablesOf(ctx, source, target, skip)
	if err != nil {
		return nil, err
	}
	if err := empty(ctx, target, tables); err != nil {
		return nil, err
	}
	copied := make([]Table, 0, len(tables))
	for _, t := range tables {
		done, err := t.copy(ctx, source, target)
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", t.name, err)
		}
		copied = append(copied, done)
	}
	if err := target.Commit(ctx); err != nil {
		return nil, fmt.Errorf("commit the copy: %w", database.Translate(err))
	}
	slices.SortFunc(copied, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	return copied, nil
}

// empty removes what migrations put into the tables, such as a row that counts from 0: the source has it too.
func empty(ctx context.Context, target pgx.Tx, tables []table) error {
	for _, t := range slices.Backward(tables) { // those that refer to others first
		if _, err := target.Exec(ctx, "DELETE FROM "+quoted(t.name)); err != nil {
			return fmt.Errorf("empty %s: %w", t.name, err)
		}
	}
	return nil
}

// copy writes all rows of the table, and compares what the target then has with what was read.
func (t table) copy(ctx context.Context, source *sql.Tx, target pgx.Tx) (Table, error) {
	read, err := source.QueryContext(ctx, "SELECT "+t.columnList()+" FROM "+quoted(t.name)) //nolint:gosec,rowserrcheck // names are quoted; reader.Err looks
	if err != nil {
		return Table{}, fmt.Errorf("read: %w", err)
	}
	defer func() { _ = read.Close() }()
	rows := &reader{table: t, rows: read}
	if _, err := target.CopyFrom(ctx, pgx.Identifier{t.name}, t.columnNames(), rows); err != nil {
		return Table{}, errors.Join(rows.err, err)
	}
	back, err := t.sum(ctx, target)
	if err != nil {
		return Table{}, fmt.Errorf("read back: %w", err)
	}
	if back != rows.sum {
		return Table{}, fmt.Errorf("%d rows were read and %d came back, or they differ", rows.sum.rows, back.rows)
	}
	return Table{Name: t.name, Rows: rows.sum.rows, Sum: rows.sum.String()}, t.resumeSequences(ctx, target)
}

// sum reads the table as it is now in the target.
func (t table) sum(ctx context.Context, target pgx.Tx) (checksum, error) {
	rows, err := target.Query(ctx, "SELECT "+t.columnList()+" FROM "+quoted(t.name))
	if err != nil {
		return checksum{}, err
	}
	defer rows.Close()
	var sum checksum
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return checksum{}, err
		}
		texts := make([]*string, len(values))
		for i, c := range t.columns {
			if texts[i], err = c.canonical(values[i]); err != nil {
				return checksum{}, err
			}
		}
		sum.add(texts)
	}
	return sum, rows.Err()
}

// resumeSequences has the numbers that the database gives go on after those that were copied.
func (t table) resumeSequences(ctx context.Context, target pgx.Tx) error {
	for _, c := range t.columns {
		if !c.identity {
			continue
		}
		_, err := target.Exec(ctx, fmt.Sprintf(
			"SELECT setval(pg_get_serial_sequence($1, $2), GREATEST((SELECT MAX(%[1]s) FROM %[2]s), 1), EXISTS (SELECT FROM %[2]s))",
			quoted(c.name), quoted(t.name)), quoted(t.name), c.name)
		if err != nil {
			return fmt.Errorf("go on counting %s: %w", c.name, err)
		}
	}
	return nil
}

// checksum is of rows in any order: the sum of their hashes, and how many they are.
type checksum struct {
	rows int64
	sum  [4]uint64
}

func (s *checksum) add(row []*string) {
	hash := sha256.New()
	for _, value := range row {
		if value == nil {
			_, _ = hash.Write([]byte{0})
			continue
		}
		length := binary.BigEndian.AppendUint64([]byte{1}, uint64(len(*value)))
		_, _ = hash.Write(append(length, *value...))
	}
	digest := hash.Sum(nil)
	for i := range s.sum {
		s.sum[i] += binary.BigEndian.Uint64(digest[8*i:])
	}
	s.rows++
}

func (s *checksum) String() string {
	return fmt.Sprintf("%016x%016x%016x%016x", s.sum[0], s.sum[1], s.sum[2], s.sum[3])
}
