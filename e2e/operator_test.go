package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestTheCommandLineIsHeardByARunningProgramWithinASecond: another process ends the sessions, by way of the database.
func TestTheCommandLineIsHeardByARunningProgramWithinASecond(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url)
		ann := p.Register("Ann")
		require.Contains(t, harness.Command(t, url, "", "user", "list"), ann.Email)

		socket := ann.Socket("")
		const next = "seven grey owls listen"
		harness.Command(t, url, next+"\n", "user", "reset-password", ann.Email, "--password-stdin")
		time.Sleep(time.Second) // what is promised is what is true afterwards
		ann.Get("/users/me").WantsProblem(401, "token_revoked")
		socket.ExpectClose(4401)

		again := p.Login(ann.Email, next)
		again.Get("/users/me").Wants(200)
		harness.Command(t, url, "", "user", "deactivate", ann.Email)
		time.Sleep(time.Second)
		again.Get("/users/me").WantsProblem(401, "token_revoked")
		p.Post("/auth/login", map[string]any{"email": ann.Email, "password": next}).WantsProblem(403, "account_disabled")

		_, err := harness.TryCommand(t, url, "", "user", "deactivate", harness.AdminEmail)
		require.ErrorContains(t, err, "exit status 1: fasttrack user deactivate: the last active admin must stay an active admin\n")
		harness.Command(t, url, next+"\n", "admin", "create", "--email", "second@example.com", "--password-stdin")
		p.Login("second@example.com", next).Get("/users").Wants(200)
		harness.Command(t, url, "", "user", "deactivate", harness.AdminEmail)
	})
}

// TestProcessesMayMigrateAtOnce: each migration is applied by one of them, and all of them say that it is done.
func TestProcessesMayMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			url := dbtest.Empty(t, dialect)
			said, failed := make([]string, 3), make([]error, 3)
			harness.AtOnce(len(said), func(i int) { said[i], failed[i] = harness.TryCommand(t, url, "", "migrate", "up") })
			for i := range said {
				require.NoError(t, failed[i])
			}
			require.Equal(t, 1, strings.Count(strings.Join(said, ""), "00001_"), "%q", said)
			harness.Command(t, url, "", "migrate", "check")
		})
	}
}
