package gormstore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/identity/internal/domain"
)

// The rule: failures of an account are counted one after the other, from whichever network, so that of guesses at once
// none is judged by a number that is too low.
func TestFailuresAreCountedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	s := stores(db)
	i := dbtest.Interleave(t, db)
	fail := func(network string) func() int {
		return func() (recent int) {
			key := domain.GuessKey{Account: []byte("account"), Network: network}
			err := db.Do(t.Context(), func(ctx context.Context) error {
				g, now, err := s.Guesses.Lock(ctx, key)
				if err != nil {
					return err
				}
				recent = len(g.Recent)
				return s.Guesses.Keep(ctx, key, g.Fail(now))
			})
			if err != nil {
				t.Error(err)
			}
			return recent
		}
	}
	release := dbtest.Hold(i, fail("192.0.2.1"))
	second := dbtest.Blocked(i, fail("192.0.2.2"))
	require.Zero(t, release())
	require.Equal(t, 1, second(), "it sees what the first has counted")
}
