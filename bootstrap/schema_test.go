package bootstrap_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap"
	"fasttrack/e2e/harness"
)

var discard = slog.New(slog.DiscardHandler)

// alter changes a database behind the program's back.
func alter(t *testing.T, url string, statements ...string) {
	t.Helper()
	db, err := database.Open(t.Context(), database.Config{URL: url, MinIdleConns: -1, Log: discard})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.SQL().ExecContext(t.Context(), s)
		require.NoError(t, err)
	}
}

const fromTheFuture = `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`

func TestASchemaThatIsNotThere(t *testing.T) {
	each(t, empty, func(t *testing.T, url string) {
		_, err := bootstrap.New(t.Context(), configured(t, url, "AUTO_MIGRATE", "false"), discard)
		require.ErrorContains(t, err, "is older than this program")
		require.ErrorContains(t, err, "run fasttrack migrate up, or set AUTO_MIGRATE=true")

		r := launch(t, configured(t, url))
		require.Contains(t, r.log.String(), "msg=migrated migration=00001_identity_create.sql")
		require.Equal(t, 200, r.get("/readyz"))
		r.stop()
		require.NoError(t, r.end())

		r = launch(t, configured(t, url, "AUTO_MIGRATE", "false"))
		require.NotContains(t, r.log.String(), "migrated")
		r.stop()
		require.NoError(t, r.end())
	})
}

func TestTwoStartsOnAnEmptyDatabase(t *testing.T) {
	each(t, empty, func(t *testing.T, url string) {
		var nodes sync.WaitGroup
		for range 3 {
			nodes.Go(func() {
				app, err := bootstrap.New(context.Background(), configured(t, url), discard)
				if err != nil {
					t.Error(err)
					return
				}
				if err := app.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
	})
}

// Nodes are upgraded one by one, so the schema may be ahead, unless a migration says that it breaks those before it.
func TestASchemaThatIsNewer(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		alter(t, url, fromTheFuture)
		r := launch(t, configured(t, url))
		require.Equal(t, 200, r.get("/readyz"))
		r.stop()
		require.NoError(t, r.end())

		alter(t, url, `UPDATE schema_state SET breaking = 99999`)
		_, err := bootstrap.New(t.Context(), configured(t, url), discard)
		require.ErrorContains(t, err, "the schema (99999) is newer than this program")
		require.ErrorContains(t, err, "upgrade the program")
	})
}

func TestASchemaThatSomebodyChangedByHand(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		var log harness.Log
		alter(t, url, `CREATE TABLE scratch (id INTEGER)`)
		app, err := bootstrap.New(t.Context(), configured(t, url), slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, err)
		require.NoError(t, app.Close())
		require.Contains(t, log.String(), "level=WARN msg=\"somebody changed the schema by hand; see fasttrack migrate check\"")
	})
}

// A node whose schema is taken back takes no requests until it is there again.
func TestASchemaThatIsTakenBack(t *testing.T) {
	each(t, migrated, func(t *testing.T, url string) {
		r := launch(t, configured(t, url))
		require.Equal(t, 200, r.get("/readyz"))
		const taken = `UPDATE goose_db_version SET version_id = version_id - 100000 WHERE version_id > 1`
		alter(t, url, taken)
		require.Equal(t, 503, r.get("/readyz"))
		require.Equal(t, 200, r.get("/livez"))
		alter(t, url, `UPDATE goose_db_version SET version_id = version_id + 100000 WHERE version_id < 0`)
		require.Equal(t, 200, r.get("/readyz"))
		r.stop()
		require.NoError(t, r.end())
	})
}

func TestWhatIsDescribedNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	app, err := bootstrap.Describe(t.Context(), configured(t, "postgres://ann@127.0.0.1:1/db"))
	require.NoError(t, err)
	require.NotEmpty(t, app.Routes())
	asJSON, asYAML, err := app.OpenAPI()
	require.NoError(t, err)
	require.YAMLEq(t, string(asJSON), string(asYAML))
}

func TestAProgramIsEmptyUntilSomebodyRegisters(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		url := dbtest.URL(t, dialect)
		for _, want := range []bool{true, false} {
			app, err := bootstrap.New(t.Context(), configured(t, url), discard)
			require.NoError(t, err)
			isEmpty, err := app.IsEmpty(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, isEmpty)
			require.NoError(t, app.Close())
			if want {
				p := harness.Start(t, url)
				p.Stop()
			}
		}
	}
}
