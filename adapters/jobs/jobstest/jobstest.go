// Package jobstest lets tests see jobs.
package jobstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/jobs"
)

const patience = 20 * time.Second

// Job is a job as it stands in the database.
type Job struct {
	ID      int64
	Kind    string
	State   string // available, running, retryable, completed, cancelled, discarded
	Attempt int
	Args    string // JSON
}

// List returns all jobs, oldest first.
func List(t testing.TB, db *database.DB) []Job {
	t.Helper()
	var found []Job
	args := "args"
	if db.Dialect() == database.SQLite {
		args = "json(args) AS args"
	}
	require.NoError(t, db.Conn(context.Background()).
		Raw("SELECT id, kind, state, attempt, "+args+" FROM river_job ORDER BY id").Scan(&found).Error)
	return found
}

// Await waits until every job is done for good, one way or another, and returns all.
func Await(t testing.TB, db *database.DB) []Job {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		all, open := List(t, db), 0
		for _, job := range all {
			switch job.State {
			case "completed", "cancelled", "discarded":
			default:
				open++
			}
		}
		if open == 0 {
			return all
		}
		require.True(t, time.Now().Before(deadline), "jobs are not done: %+v", all)
		time.Sleep(5 * time.Millisecond)
	}
}

// Run runs the queue until the test ends, or the function that it returns is called.
func Run(t testing.TB, q *jobs.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-ended)
		}
	}
	t.Cleanup(stop)
	return stop
}
