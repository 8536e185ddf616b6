package migrations

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"fasttrack/adapters/database"
)

// State compares a database with this binary.
type State struct {
	Current int64       // the newest migration in the database
	Latest  int64       // the newest migration in this binary
	Pending []Migration // what Up would apply
	// Newer says that the database has migrations that this binary does not know, Breaking that one of them is marked
	// as breaking, so that this binary must not run.
	Newer, Breaking bool
	// Drifted says that the schema is not as the migrations left it: somebody changed it by hand.
	Drifted bool
}

// UpToDate reports whether the schema is exactly the one that this binary was made for.
func (s State) UpToDate() bool { return len(s.Pending) == 0 && !s.Newer && !s.Drifted }

// Usable reports whether this binary can run on the schema: nothing is pending, and nothing newer breaks it.
func (s State) Usable() bool { return len(s.Pending) == 0 && !s.Breaking }

// stateTable keeps, in one row, what goose does not know of the schema.
const (
	stateTable       = "schema_state"
	createStateTable = "CREATE TABLE IF NOT EXISTS schema_state (id INTEGER PRIMARY KEY CHECK (id = 1)," +
		" version BIGINT NOT NULL, breaking BIGINT NOT NULL, fingerprint TEXT NOT NULL, method TEXT NOT NULL)"
)

// IsTable reports whether a table of the database belongs to the migrations themselves.
func IsTable(name string) bool { return name == "goose_db_version" || name == stateTable }

type stateRow struct {
	Version     int64  // the newest migration when this was written
	Breaking    int64  // the newest migration that is marked as breaking
	Fingerprint string // of the schema that the migrations left
	Method      string // how the fingerprint was taken; only those of one method can be compared
}

// Check compares the database with this binary. It changes nothing.
func (m *Migrator) Check(ctx context.Context) (State, error) {
	status, err := m.Status(ctx)
	if err != nil {
		return State{}, err
	}
	s := State{Latest: m.Latest(), Pending: pending(status)}
	if s.Current, err = m.Current(ctx); err != nil {
		return State{}, err
	}
	s.Newer = s.Current > s.Latest
	kept, err := m.kept(ctx)
	if err != nil {
		return State{}, err
	}
	s.Breaking = kept.Breaking > s.Latest
	method, err := m.method(ctx)
	if err != nil {
		return State{}, err
	}
	// Otherwise there is nothing to compare with until the next Up: a migration was interrupted, or the database
	// server or this package describe the schema in another way than then.
	if kept.Version == s.Current && kept.Method == method {
		now, err := m.fingerprint(ctx)
		if err != nil {
			return State{}, err
		}
		s.Drifted = kept.Fingerprint != now
	}
	return s, nil
}

// kept returns the state that was kept last, and the zero state when there is none yet.
func (m *Migrator) kept(ctx context.Context) (row stateRow, err error) {
	exists, err := m.tableExists(ctx, stateTable)
	if err != nil || !exists {
		return stateRow{}, err
	}
	err = m.db.Conn(ctx).Raw("SELECT version, breaking, fingerprint, method FROM " + stateTable).Scan(&row).Error
	if err != nil {
		return stateRow{}, fmt.Errorf("read the state of the schema: %w", err)
	}
	return row, nil
}

// keep writes the state down after a change of the schema. It does nothing when the change has been noted already,
// so that drift is not taken for what the migrations left.
func (m *Migrator) keep(ctx context.Context) error {
	return m.db.Do(ctx, func(ctx context.Context) error {
		conn := m.db.Conn(ctx)
		if m.db.Dialect() == database.Postgres {
			// CREATE TABLE IF NOT EXISTS alone fails when two come at once.
			if err := conn.Exec("SELECT pg_advisory_xact_lock(hashtext(?))", stateTable).Error; err != nil {
				return fmt.Errorf("lock the state of the schema: %w", err)
			}
		}
		status, err := m.Status(ctx)
		if err != nil {
			return err
		}
		current, err := m.Current(ctx)
		if err != nil {
			return err
		}
		before, err := m.kept(ctx)
		if err != nil {
			return err
		}
		method, err := m.method(ctx)
		if err != nil || before.Version == current && before.Method == method {
			return err
		}
		row := stateRow{Version: current, Method: method}
		if current > m.Latest() {
			row.Breaking = before.Breaking // made by a newer binary, whose marks this one does not know
		}
		for i, f := range m.files {
			if f.breaking && !status[i].AppliedAt.IsZero() {
				row.Breaking = max(row.Breaking, f.version)
			}
		}
		if row.Fingerprint, err = m.fingerprint(ctx); err != nil {
			return err
		}
		err = conn.Exec(createStateTable).Error
		if err != nil {
			return fmt.Errorf("create the table for the state of the schema: %w", err)
		}
		err = conn.Exec("INSERT INTO "+stateTable+" (id, version, breaking, fingerprint, method) VALUES (1, ?, ?, ?, ?)"+
			" ON CONFLICT (id) DO UPDATE SET version = excluded.version, breaking = excluded.breaking,"+
			" fingerprint = excluded.fingerprint, method = excluded.method",
			row.Version, row.Breaking, row.Fingerprint, row.Method).Error
		if err != nil {
			return fmt.Errorf("keep the state of the schema: %w", err)
		}
		return nil
	})
}

func (m *Migrator) fingerprint(ctx context.Context) (string, error) {
	lines, err := m.Dump(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, line := range lines {
		_, _ = fmt.Fprintln(sum, line)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// method identifies how the schema is described: by which query, of which release of the server.
func (m *Migrator) method(ctx context.Context) (string, error) {
	version := "SELECT sqlite_version()"
	if m.db.Dialect() == database.Postgres {
		version = "SELECT current_setting('server_version')"
	}
	var server string
	if err := m.db.Conn(ctx).Raw(version).Scan(&server).Error; err != nil {
		return "", fmt.Errorf("ask for the server's version: %w", err)
	}
	sum := sha256.Sum256([]byte(m.dumpQuery() + server))
	return hex.EncodeToString(sum[:8]), nil
}

// Dump describes the schema in lines of text, sorted, without the tables that belong to the migrations themselves.
func (m *Migrator) Dump(ctx context.Context) ([]string, error) {
	var lines []string
	if err := m.db.Conn(ctx).Raw(m.dumpQuery()).Scan(&lines).Error; err != nil {
		return nil, fmt.Errorf("describe the schema: %w", err)
	}
	return lines, nil
}

func (m *Migrator) dumpQuery() string {
	if m.db.Dialect() == database.Postgres {
		return postgresDump
	}
	return sqliteDump
}

const sqliteDump = `
SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS line FROM sqlite_schema
WHERE tbl_name NOT IN ('goose_db_version', 'schema_state') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY 1`

// Only what is in the schema that unqualified names mean; the order of bytes, whatever the server's locale is.
const postgresDump = `
WITH ours AS (
    SELECT c.oid, c.relname, c.relkind FROM pg_class c
    WHERE c.relnamespace = to_regnamespace(current_schema())
        AND c.relname NOT IN ('goose_db_version', 'goose_db_version_id_seq', 'schema_state')
)
SELECT line FROM (
    SELECT format('table %s (%s) column %s %s%s%s%s', o.relname, o.relkind, a.attname,
            format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
            COALESCE(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || a.attidentity::text || a.attgenerated::text,
            (SELECT ' collate ' || l.collname FROM pg_collation l
             WHERE l.oid = a.attcollation AND l.collname <> 'default')
        ) AS line
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = o.oid AND d.adnum = a.attnum
    WHERE o.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM ours o JOIN pg_index i ON i.indrelid = o.oid
    UNION ALL
    SELECT format('constraint %s on %s %s', k.conname, o.relname, pg_get_constraintdef(k.oid))
    FROM ours o JOIN pg_constraint k ON k.conrelid = o.oid WHERE k.contype <> 'n'
    UNION ALL
    SELECT format('trigger %s', pg_get_triggerdef(t.oid))
    FROM ours o JOIN pg_trigger t ON t.tgrelid = o.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT format('function %s %s', p.oid::regprocedure, p.prosrc) FROM pg_proc p
    WHERE p.pronamespace = to_regnamespace(current_schema())
        AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
    UNION ALL
    SELECT format('sequence %s', o.relname) FROM ours o WHERE o.relkind = 'S'
    UNION ALL
    SELECT format('type %s %s', t.typname, (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_type t WHERE t.typnamespace = to_regnamespace(current_schema()) AND t.typtype = 'e'
) lines ORDER BY line COLLATE "C"`
