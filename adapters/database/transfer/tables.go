package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is a table that both databases have.
type table struct {
	name    string
	columns []column
}

// column is a column of both.
type column struct {
	name     string
	kind     string // PostgreSQL's name of the type: uuid, timestamptz, _text for an array of text
	identity bool   // the database counts it
}

func (t table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

func (t table) columnList() string {
	names := t.columnNames()
	for i, name := range names {
		names[i] = quoted(name)
	}
	return strings.Join(names, ", ")
}

// quoted is a name in both dialects.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// tablesOf returns the tables to copy, each after those to which it refers.
func tablesOf(ctx context.Context, source *sql.Tx, target pgx.Tx, skip func(string) bool) ([]table, error) {
	tables, err := targetTables(ctx, target)
	if err != nil {
		return nil, err
	}
	var found []table
	for _, t := range tables {
		if skip(t.name) {
			continue
		}
		if err := t.mustBeIn(ctx, source); err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	return found, nil
}

// targetTables asks PostgreSQL for its tables in an order in which rows can be inserted.
func targetTables(ctx context.Context, target pgx.Tx) ([]table, error) {
	rows, err := target.Query(ctx, `
		SELECT c.relname, a.attname, t.typname, a.attidentity <> ''
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
			AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var tables []table
	var name string
	var c column
	_, err = pgx.ForEachRow(rows, []any{&name, &c.name, &c.kind, &c.identity}, func() error {
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	parents, err := references(ctx, target)
	if err != nil {
		return nil, err
	}
	return inOrder(tables, parents), nil
}

// references returns, for each table, those to which its foreign keys refer.
func references(ctx context.Context, target pgx.Tx) (map[string][]string, error) {
	rows, err := target.Query(ctx, `SELECT child.relname, parent.relname FROM pg_constraint k
		JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
		WHERE k.contype = 'f' AND child.oid <> parent.oid`)
	if err != nil {
		return nil, fmt.Errorf("list the foreign keys: %w", err)
	}
	parents := map[string][]string{}
	var child, parent string
	_, err = pgx.ForEachRow(rows, []any{&child, &parent}, func() error {
		parents[child] = append(parents[child], parent)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the foreign keys: %w", err)
	}
	return parents, nil
}

// inOrder puts each table after its parents.
func inOrder(tables []table, parents map[string][]string) []table {
	var ordered []table
	placed := map[string]bool{}
	var place func(name string)
	place = func(name string) {
		if placed[name] {
			return
		}
		placed[name] = true // before its parents: circles, which there are none of, end
		for _, parent := range parents[name] {
			place(parent)
		}
		if i := slices.IndexFunc(tables, func(t table) bool { return t.name == name }); i >= 0 {
			ordered = append(ordered, tables[i])
		}
	}
	for _, t := range tables {
		place(t.name)
	}
	return ordered
}

// mustBeIn fails unless the source has the table with the same columns.
func (t table) mustBeIn(ctx context.Context, source *sql.Tx) error {
	rows, err := source.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", t.name)
	if err != nil {
		return fmt.Errorf("look at %s: %w", t.name, err)
	}
	defer func() { _ = rows.Close() }()
	var have []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("look at %s: %w", t.name, err)
		}
		have = append(have, name)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look at %s: %w", t.name, err)
	}
	want := t.columnNames()
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		return fmt.Errorf("the table %s has the columns %v in one database and %v in the other", t.name, have, want)
	}
	return nil
}
