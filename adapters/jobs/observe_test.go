package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	adapter "fasttrack/adapters/jobs"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/shared/jobs"
)

// follower is an observer that carries a word along, and hands on what it is told.
type follower struct{ attempts chan string }

type wordKey struct{}

func (f follower) Inserting(ctx context.Context) map[string]string {
	word, _ := ctx.Value(wordKey{}).(string)
	return map[string]string{"word": word}
}

func (f follower) Working(
	ctx context.Context, kind string, carried map[string]string,
) (context.Context, func(string, error)) {
	ctx = context.WithValue(ctx, wordKey{}, carried["word"])
	return ctx, func(outcome string, _ error) { f.attempts <- kind + " " + carried["word"] + " " + outcome }
}

// TestAJobCarriesWhatItsObserverGivesIt from the unit of work to every attempt, and each attempt's end is told.
func TestAJobCarriesWhatItsObserverGivesIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		f := follower{attempts: make(chan string, 10)}
		q := newQueue(t, db, func(c *adapter.Config) { c.Observer = f })
		tries, words := 0, make(chan any, 10)
		jobs.Handle(q, func(ctx context.Context, _ []water) error {
			words <- ctx.Value(wordKey{})
			tries++
			switch tries {
			case 1:
				return errors.New("no water")
			case 2:
				panic("a flood")
			}
			return nil
		})
		jobs.Handle(q, func(context.Context, []mow) error { return jobs.GiveUp(errors.New("no lawn")) })
		counts, err := q.Counts(t.Context())
		require.NoError(t, err)
		require.Zero(t, counts["available"])

		require.NoError(t, db.Do(context.WithValue(t.Context(), wordKey{}, "hello"), func(ctx context.Context) error {
			return insertAll(ctx, q, water{"rose"}, mow{1})
		}))
		counts, err = q.Counts(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, counts["available"])

		jobstest.Run(t, q)
		told := map[string]int{}
		for range 4 {
			select {
			case attempt := <-f.attempts:
				told[attempt]++
			case <-time.After(patience):
				t.Fatalf("only %v", told)
			}
		}
		require.Equal(t, map[string]int{
			"garden.water hello failed": 2, "garden.water hello done": 1, "garden.mow hello gave_up": 1,
		}, told)
		require.Equal(t, "hello", <-words)
	})
}
