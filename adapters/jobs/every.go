package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// Every implements jobs.Queue. It panics when the kind has a handler already, or the interval is none.
//
// The node that River has elected inserts the jobs, and begins with one when it is elected, since it does not know what
// its predecessor did. So that a node which comes and goes does not have things done more often than it should, of the
// jobs of one interval, counted from a time that is the same for all, one is kept.
func (q *Queue) Every(kind string, interval time.Duration, work func(ctx context.Context) error) {
	if interval < time.Second || interval%time.Second != 0 {
		panic(fmt.Sprintf("jobs: %s cannot be done every %s", kind, interval))
	}
	q.Handle(kind, func(ctx context.Context, _ []json.RawMessage) error { return work(ctx) })
	options := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: interval}}
	q.periodic = append(q.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return batch{kind: kind}, options },
		&river.PeriodicJobOpts{RunOnStart: true},
	))
}
