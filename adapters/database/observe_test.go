package database_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

type observedKey struct{}

func TestAnObserverIsToldOfEachStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		createNotes(t, db)
		var mu sync.Mutex
		var told []database.Statement
		db.Observe(func(ctx context.Context, s database.Statement) {
			if ctx.Value(observedKey{}) != nil {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, s)
			}
		})
		ctx := context.WithValue(t.Context(), observedKey{}, true)
		require.NoError(t, db.Do(ctx, addNote(db, "a secret")))
		require.Error(t, db.Conn(ctx).Raw("SELECT nothing FROM nowhere").Scan(&struct{}{}).Error)
		var one int
		require.NoError(t, db.Conn(ctx).Raw("WITH x AS (SELECT 1) SELECT count(*) FROM x").Scan(&one).Error)

		mu.Lock()
		defer mu.Unlock()
		require.Len(t, told, 3, "transaction control is left out")
		for i, verb := range []string{"insert", "select", "with"} {
			require.Equal(t, verb, told[i].Verb)
			require.Equal(t, verb == "select", told[i].Err != nil, "%s: %v", verb, told[i].Err)
			require.Positive(t, told[i].Took)
			require.False(t, told[i].Began.IsZero())
			require.NotContains(t, told[i].SQL, "secret", "values are not in the text")
		}
		for name, pool := range db.PoolState() {
			require.Positive(t, pool.Max, name)
			require.Zero(t, pool.Acquired, name)
		}
	})
}
