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

// The template in the documentation is what the contract is kept with.
func TestTheDocumentedTableKeepsTheContract(t *testing.T) {
	t.Parallel()
	replicatest.Users(t, "labels_users", func(t *testing.T, db *database.DB) {
		t.Helper()
		table := strings.Replace(documented(t)[db.Dialect()], "task_users", "labels_users", 1)
		_, err := db.SQL().ExecContext(t.Context(), table)
		require.NoError(t, err)
	})
}

// documented returns the statements that doc.go shows.
func documented(t *testing.T) map[database.Dialect]string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	plain := regexp.MustCompile(`(?m)^// ?\t?`).ReplaceAllString(string(text), "")
	statements := regexp.MustCompile(`(?s)CREATE TABLE.*?;`).FindAllString(plain, -1)
	require.Len(t, statements, 2)
	return map[database.Dialect]string{database.Postgres: statements[0], database.SQLite: statements[1]}
}

func TestWhatIsNoNameOfATableIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	for _, table := range []string{"", "Users", "users; DROP TABLE users", "users--", `"users"`, "a.users"} {
		require.Panics(t, func() {
			replica.NewUsers(eventbus.New(slog.New(slog.DiscardHandler)), db, "labels", table)
		}, table)
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
