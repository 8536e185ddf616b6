package statistics_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/adapters/statistics"
	shared "fasttrack/shared/statistics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// The rule: what is counted is there for everybody, replaces what was counted before, and survives that something else
// cannot be counted.
func TestWhatIsCountedIsKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		queue, err := jobs.New(db, jobs.Config{Attempts: 1}, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		var ahead atomic.Int64
		k := statistics.New(db, queue, func() time.Time { return monday.Add(time.Duration(ahead.Load())) })
		var tasks atomic.Int64
		tasks.Store(3)
		var broken, retired atomic.Bool
		k.Keep(func(context.Context) ([]shared.Count, error) {
			return []shared.Count{{Things: "tasks", State: "todo", Value: tasks.Load()}, {Things: "tasks", State: "done"}}, nil
		})
		k.Keep(func(context.Context) ([]shared.Count, error) {
			if broken.Load() {
				return nil, errors.New("no")
			}
			return []shared.Count{{Things: "organizations", Value: 1}}, nil
		})
		k.Keep(func(context.Context) ([]shared.Count, error) {
			if retired.Load() {
				return nil, nil
			}
			return []shared.Count{{Things: "wishes", Value: 9}}, nil
		})
		read := func() statistics.Kept {
			kept, err := statistics.Read(t.Context(), db)
			require.NoError(t, err)
			return kept
		}
		require.Zero(t, read())
		count := func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return queue.Insert(ctx, count{}) }))
			jobstest.Await(t, db)
		}

		stop := jobstest.Run(t, queue)
		require.Eventually(t, func() bool { return len(jobstest.List(t, db)) > 0 }, 20*time.Second, 5*time.Millisecond)
		jobstest.Await(t, db)
		organizations, todo, done := shared.Count{Things: "organizations", Value: 1},
			shared.Count{Things: "tasks", State: "todo", Value: 3}, shared.Count{Things: "tasks", State: "done"}
		wishes := shared.Count{Things: "wishes", Value: 9}
		require.Equal(t, statistics.Kept{Counts: []shared.Count{organizations, done, todo, wishes}, CountedAt: monday}, read())

		ahead.Store(int64(time.Minute))
		tasks.Store(4)
		todo.Value = 4
		broken.Store(true)
		count()
		require.Equal(t, statistics.Kept{Counts: []shared.Count{organizations, done, todo, wishes}, CountedAt: monday}, read(),
			"what could not be counted is as old as it is")

		ahead.Store(int64(25 * time.Hour))
		broken.Store(false)
		retired.Store(true)
		stop()
		stop = jobstest.Run(t, queue)
		count()
		require.Equal(t, statistics.Kept{
			Counts: []shared.Count{organizations, done, todo}, CountedAt: monday.Add(25 * time.Hour),
		}, read())
		stop()
	})
}

// count is the job of that kind.
type count struct{}

func (count) Kind() string { return "statistics.count" }
