package dbtest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/migrations"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryDatabaseIsMigratedAndItsOwn(t *testing.T) {
	t.Parallel()
	for range 3 {
		dbtest.Each(t, func(t *testing.T, db *database.DB) {
			m, err := migrations.New(db)
			require.NoError(t, err)
			state, err := m.Check(t.Context())
			require.NoError(t, err)
			require.True(t, state.UpToDate(), "%+v", state)
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				return db.Conn(ctx).Exec("CREATE TABLE mine (id INTEGER)").Error
			}), "nobody else has made it")
		})
	}
}

func TestAnEmptyDatabaseIsEmpty(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		db := dbtest.Open(t, dbtest.Empty(t, dialect))
		require.Equal(t, dialect, db.Dialect())
		m, err := migrations.New(db)
		require.NoError(t, err)
		current, err := m.Current(t.Context())
		require.NoError(t, err)
		require.Zero(t, current)
	}
}

func TestAPlanIsText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		require.Contains(t, dbtest.Explain(t, db, "SELECT * FROM schema_state WHERE id = ?", 1), "schema_state")
	})
}
