package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs/jobstest"
)

func TestWhatIsDoneEverySoOftenBeginsWithTheProgramAndGoesOnWhenItFails(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		q := newQueue(t, db)
		ran := make(chan struct{}, 100)
		q.Every("garden.look", time.Second, func(context.Context) error {
			ran <- struct{}{}
			return errors.New("nothing has grown")
		})
		jobstest.Run(t, q)
		for range 3 {
			select {
			case <-ran:
			case <-time.After(patience):
				t.Fatal("it was not done again")
			}
		}
		for _, job := range jobstest.List(t, db) {
			require.Equal(t, "garden.look", job.Kind)
			require.LessOrEqual(t, job.Attempt, 1, "what fails is left to the next time")
		}
	})
}

// However many nodes there are, and however often they start, of each interval there is one.
func TestOneOfManyNodesDoesWhatIsDoneEverySoOften(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	ran := make(chan struct{}, 100)
	start := func() (stop func()) {
		q := newQueue(t, dbtest.Open(t, url))
		q.Every("garden.look", 24*time.Hour, func(context.Context) error {
			ran <- struct{}{}
			return nil
		})
		return jobstest.Run(t, q)
	}
	one, two := start(), start()
	select {
	case <-ran:
	case <-time.After(patience):
		t.Fatal("it was not done")
	}
	db := dbtest.Open(t, url)
	jobstest.Await(t, db)
	one()
	two()
	three := start()
	require.Eventually(t, func() bool { return leaders(t, db) == 1 }, patience, 5*time.Millisecond)
	three()
	require.LessOrEqual(t, len(jobstest.List(t, db)), 2, "a day may have begun meanwhile")
}

// leaders returns how many nodes are the one that inserts what is done every so often.
func leaders(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	require.NoError(t, db.Conn(t.Context()).Raw("SELECT count(*) FROM river_leader").Scan(&n).Error)
	return n
}

func TestAnIntervalIsInWholeSeconds(t *testing.T) {
	t.Parallel()
	q := newQueue(t, dbtest.SQLite(t))
	nothing := func(context.Context) error { return nil }
	require.Panics(t, func() { q.Every("garden.look", time.Millisecond, nothing) })
	require.Panics(t, func() { q.Every("garden.look", 1500*time.Millisecond, nothing) })
	q.Every("garden.look", time.Minute, nothing)
	require.PanicsWithValue(t, "jobs: two handlers for garden.look", func() { q.Every("garden.look", time.Minute, nothing) })
}
