package jobs

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"fasttrack/shared/jobs"
)

// Every implements jobs.Queue. The node that River has elected inserts the jobs. Of those that are inserted by several
// nodes in one interval, as when the program is started again and again, there is one.
func (q *Queue) Every(interval time.Duration, args jobs.Args) {
	encoded, err := json.Marshal(args)
	if err != nil {
		panic(fmt.Errorf("jobs: write the args of %s: %w", args.Kind(), err))
	}
	insert := func() (river.JobArgs, *river.InsertOpts) {
		return batch{args.Kind(), []json.RawMessage{encoded}}, &river.InsertOpts{
			MaxAttempts: 1, // the next one is the next attempt
			UniqueOpts:  river.UniqueOpts{ByPeriod: interval},
		}
	}
	q.periodic = append(q.periodic,
		river.NewPeriodicJob(river.PeriodicInterval(interval), insert, &river.PeriodicJobOpts{RunOnStart: true}))
}
