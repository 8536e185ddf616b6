// Package jobs has jobs done (shared/jobs) by River, which keeps them in the database of everything else.
//
// Jobs are inserted with the transaction of the unit of work. They are then fetched by whichever node is first: on
// PostgreSQL a node is told of a new one, on SQLite it looks a few times a second.
package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"fasttrack/adapters/database"
	"fasttrack/shared/jobs"
)

// Config says how jobs are done. What is zero has a default.
type Config struct {
	// Timeout is how long a job may take, 30 s by default.
	Timeout time.Duration
	// RescueAfter is when a job whose node has died is begun again, a minute by default and no less than Timeout. It is
	// looked for twice a minute.
	RescueAfter time.Duration
	// StopWithin is how long jobs under way may go on when the program stops, before they are canceled and left for
	// later; 5 s by default.
	StopWithin time.Duration
	// Retry is how long to wait after the first failure, 2 s by default. It doubles with each, up to an hour.
	Retry time.Duration
	// Attempts is how often a job is tried, 40 by default, which is a day and some.
	Attempts int
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.RescueAfter = max(cmp.Or(c.RescueAfter, time.Minute), c.Timeout)
	c.StopWithin = cmp.Or(c.StopWithin, 5*time.Second)
	c.Retry = cmp.Or(c.Retry, 2*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 40)
	return c
}

// How many jobs a node does at once; on SQLite they wait for its one writer anyway.
const (
	workersPostgres = 4
	workersSQLite   = 2
)

// How often a node looks for jobs. On PostgreSQL this finds only those of which it was not told.
const (
	pollPostgres = time.Second
	pollSQLite   = 200 * time.Millisecond
)

// Queue is a jobs.Queue. It takes part in every unit of work of its database.
type Queue struct {
	config   Config
	db       *database.DB
	log      *slog.Logger
	inserter *river.Client[*sql.Tx]
	workers  *river.Workers
	handlers map[string]func(context.Context, []json.RawMessage) error
	periodic []*river.PeriodicJob
}

var _ jobs.Queue = (*Queue)(nil)

// New returns the queue of a database. It must be made after everything else that takes part in units of work, whose
// jobs it inserts last, and before the first of them.
func New(db *database.DB, config Config, log *slog.Logger) (*Queue, error) {
	q := &Queue{
		config: config.withDefaults(), db: db, log: quiet(log), workers: river.NewWorkers(),
		handlers: map[string]func(context.Context, []json.RawMessage) error{},
	}
	insertOnly := &river.Config{Logger: q.log, MaxAttempts: q.config.Attempts}
	var err error
	if db.Dialect() == database.Postgres {
		q.inserter, err = river.NewClient(riverdatabasesql.New(db.QueueSQL()), insertOnly)
	} else {
		q.inserter, err = river.NewClient(riversqlite.New(db.QueueSQL()), insertOnly)
	}
	if err != nil {
		return nil, fmt.Errorf("make the job queue: %w", err)
	}
	db.Use(q)
	return q, nil
}

// Handle implements jobs.Queue. It panics when the kind has a handler already.
func (q *Queue) Handle(kind string, work func(ctx context.Context, batch []json.RawMessage) error) {
	if _, there := q.handlers[kind]; there {
		panic("jobs: two handlers for " + kind)
	}
	q.handlers[kind] = work
	river.AddWorkerArgs(q.workers, batch{kind: kind}, &worker{queue: q, work: work})
}

// client is what a river.Client of any driver can do.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

func (q *Queue) newClient() (client, error) {
	config := &river.Config{
		Logger: q.log, Workers: q.workers, MaxAttempts: q.config.Attempts,
		JobTimeout: q.config.Timeout, RescueStuckJobsAfter: q.config.RescueAfter,
		RetryPolicy: backoff{q.config.Retry}, ErrorHandler: reporter{q.log},
		PeriodicJobs:        q.periodic,
		SkipUnknownJobCheck: true, // a job of a newer program is left to newer nodes
	}
	queues := func(workers int) map[string]river.QueueConfig {
		return map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}
	}
	if q.db.Dialect() == database.Postgres {
		config.FetchPollInterval, config.Queues = pollPostgres, queues(workersPostgres)
		return river.NewClient(riverpgxv5.New(q.db.Pool()), config)
	}
	config.FetchPollInterval, config.Queues = pollSQLite, queues(workersSQLite)
	return river.NewClient(riversqlite.New(q.db.QueueSQL()), config)
}

// Run does jobs until ctx is done, and returns when those under way have ended. It needs the schema.
func (q *Queue) Run(ctx context.Context) error {
	if len(q.handlers) == 0 { // nothing can be done
		<-ctx.Done()
		return nil
	}
	c, err := q.newClient()
	if err != nil {
		return fmt.Errorf("make the job queue: %w", err)
	}
	background := context.WithoutCancel(ctx)
	if err := c.Start(background); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	<-ctx.Done()
	patient, cancel := context.WithTimeout(background, q.config.StopWithin)
	defer cancel()
	if c.Stop(patient) == nil {
		return nil
	}
	q.log.WarnContext(ctx, "jobs were interrupted; they are begun again later")
	impatient, cancel := context.WithTimeout(background, q.config.StopWithin)
	defer cancel()
	if err := c.StopAndCancel(impatient); err != nil {
		return fmt.Errorf("a job does not end: %w", err)
	}
	return nil
}
