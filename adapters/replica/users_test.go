package replica_test

import (
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/shared/eventbus"
)

// The templates in the documentation are what the contracts are kept with.
func TestTheDocumentedTablesKeepTheContract(t *testing.T) {
	t.Parallel()
	create := func(documented, table string) func(*testing.T, *database.DB) {
		return func(t *testing.T, db *database.DB) {
			t.Helper()
			statement := strings.Replace(statements(t, documented)[db.Dialect()], documented, table, 1)
			_, err := db.SQL().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	t.Run("users", func(t *testing.T) {
		t.Parallel()
		replicatest.Users(t, "labels_users", create("task_users", "labels_users"))
	})
	t.Run("memberships", func(t *testing.T) {
		t.Parallel()
		replicatest.Memberships(t, "labels_members", create("task_members", "labels_members"))
	})
}

// statements returns those that doc.go shows for a table.
func statements(t *testing.T, table string) map[database.Dialect]string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	plain := regexp.MustCompile(`(?m)^// ?\t?`).ReplaceAllString(string(text), "")
	shown := regexp.MustCompile(`(?s)CREATE TABLE `+table+`.*?;`).FindAllString(plain, -1)
	require.Len(t, shown, 2)
	return map[database.Dialect]string{database.Postgres: shown[0], database.SQLite: shown[1]}
}

func TestWhatIsNoNameOfATableIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	for _, table := range []string{"", "Users", "users; DROP TABLE users", "users--", `"users"`, "a.users"} {
		require.Panics(t, func() {
			replica.NewUsers(eventbus.New(slog.New(slog.DiscardHandler)), db, "labels", table)
		}, table)
		require.Panics(t, func() { replica.NewMemberships(db, table) }, table)
	}
}

func TestAModuleKeepsOneCopy(t *testing.T) {
	t.Parallel()
	db, bus := dbtest.SQLite(t), eventbus.New(slog.New(slog.DiscardHandler))
	replica.NewUsers(bus, db, "labels", "labels_users")
	require.Panics(t, func() { replica.NewUsers(bus, db, "labels", "labels_users") })
	replica.NewUsers(bus, db, "wikis", "wiki_users")
	for _, route := range bus.Routes() {
		require.Len(t, route.Transaction, 2)
	}
}
