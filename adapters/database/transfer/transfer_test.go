package transfer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/database/transfer"
)

const onSQLite = `
CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, folder_id INTEGER REFERENCES folders (id), body TEXT, at DATETIME,
    pinned INTEGER NOT NULL, size INTEGER NOT NULL, weight REAL, raw BLOB, extra TEXT);
CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE only_here (n INTEGER);
INSERT INTO folders (id, name) VALUES (7, 'seven'), (9, 'nine');
INSERT INTO notes VALUES
    ('0190a0a0-0000-7000-8000-000000000001', 7, 'Grüße' || char(10) || '😀', '2026-01-02T03:04:05.678901Z', 1, 3, 0.5, x'00ff',
        '{"b": [1, 2.5, null], "a": "x"}'),
    ('0190A0A0-0000-7000-8000-000000000002', NULL, NULL, NULL, 0, -9000000000, NULL, NULL, NULL),
    ('0190a0a0-0000-7000-8000-000000000003', 9, '', '2026-01-02 03:04:05+00:00', 0, 0, 1e300, x'', '[]')`

const onPostgres = `
CREATE TABLE folders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE notes (id uuid PRIMARY KEY, folder_id bigint REFERENCES folders (id), body text, at timestamptz,
    pinned boolean NOT NULL, size bigint NOT NULL, weight double precision, raw bytea, extra jsonb,
    length integer GENERATED ALWAYS AS (char_length(body)) STORED);
INSERT INTO folders (name) VALUES ('what a migration put here')`

func nothing(string) bool { return false }

func both(t *testing.T) (from, to *database.DB) {
	t.Helper()
	from, to = empty(t, database.SQLite), empty(t, database.Postgres)
	execute(t, from, onSQLite)
	execute(t, to, onPostgres)
	return from, to
}

func empty(t *testing.T, dialect database.Dialect) *database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: dbtest.Empty(t, dialect), MaxOpenConns: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func execute(t *testing.T, db *database.DB, statements string) {
	t.Helper()
	for statement := range strings.SplitSeq(statements, ";\n") {
		_, err := db.SQL().ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func TestEveryTypeArrivesAsItWas(t *testing.T) {
	t.Parallel()
	from, to := both(t)
	copied, err := transfer.Copy(t.Context(), from, to, nothing)
	require.NoError(t, err)
	require.Len(t, copied, 2)
	require.Equal(t, "folders", copied[0].Name)
	require.Equal(t, int64(2), copied[0].Rows)
	require.Equal(t, int64(3), copied[1].Rows)
	require.NotEqual(t, copied[0].Sum, copied[1].Sum)

	var rows []string
	require.NoError(t, to.Conn(t.Context()).Raw("SELECT n::text FROM notes n ORDER BY id").Scan(&rows).Error)
	require.Equal(t, []string{
		`(0190a0a0-0000-7000-8000-000000000001,7,"Grüße` + "\n" + `😀","2026-01-02 03:04:05.678901+00",t,3,0.5,"\\x00ff","{""a"": ""x"", ""b"": [1, 2.5, null]}",7)`,
		`(0190a0a0-0000-7000-8000-000000000002,,,,f,-9000000000,,,,)`,
		`(0190a0a0-0000-7000-8000-000000000003,9,"","2026-01-02 03:04:05+00",f,0,1e+300,"\\x",[],0)`,
	}, rows)
	execute(t, to, "INSERT INTO folders (name) VALUES ('the next')")
	var id int64
	require.NoError(t, to.Conn(t.Context()).Raw("SELECT max(id) FROM folders").Scan(&id).Error)
	require.Equal(t, int64(10), id, "counting goes on behind what was copied")
}

// What does not fit ends the copy, says where, and leaves the target as it was.
func TestWhatDoesNotFitIsSaidAndNothingIsCopied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, says string }{
		"no uuid":        {"UPDATE notes SET id = 'x' WHERE size = 3", "copy notes: column id: a text of 1 bytes is no uuid"},
		"no time":        {"UPDATE notes SET at = 'yesterday, in secret'", "column at: a text of 20 bytes is no timestamptz"},
		"no JSON":        {"UPDATE notes SET extra = '{'", "column extra: a text of 1 bytes is no jsonb"},
		"no number":      {"UPDATE notes SET size = 'many'", "column size: a string cannot become a int8"},
		"another column": {"ALTER TABLE notes ADD COLUMN color TEXT", "the table notes has the columns"},
		"no such table":  {"DROP TABLE notes", "the table notes has the columns []"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := both(t)
			execute(t, from, c.change)
			_, err := transfer.Copy(t.Context(), from, to, nothing)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "secret", "what is in a row stays there")
			var names []string
			require.NoError(t, to.Conn(t.Context()).Raw("SELECT name FROM folders").Scan(&names).Error)
			require.Equal(t, []string{"what a migration put here"}, names)
		})
	}
}

// A trigger stands for whatever else may change a row on its way.
func TestRowsThatChangeOnTheirWayAreNoticed(t *testing.T) {
	t.Parallel()
	from, to := both(t)
	execute(t, to, `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name = upper(NEW.name); RETURN NEW; END'`)
	execute(t, to, "CREATE TRIGGER shout BEFORE INSERT ON folders FOR EACH ROW EXECUTE FUNCTION shout()")
	_, err := transfer.Copy(t.Context(), from, to, nothing)
	require.ErrorContains(t, err, "copy folders: 2 rows were read and 2 came back, or they differ")
}

func TestTheWayBackIsClosed(t *testing.T) {
	t.Parallel()
	from, to := both(t)
	_, err := transfer.Copy(t.Context(), to, from, nothing)
	require.Error(t, err)
	copied, err := transfer.Copy(t.Context(), from, to, func(table string) bool { return table == "notes" })
	require.NoError(t, err)
	require.Len(t, copied, 1)
}
