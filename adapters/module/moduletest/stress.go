package moduletest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module"
	"fasttrack/shared/eventbus"
)

// workers is how many do something at once.
const workers = 8

// Stress has many do everything at once. Nobody may get an answer that no order of the requests explains.
type Stress struct {
	*World
	done, refused atomic.Int64
}

// RunStress runs the test on a module alone on PostgreSQL, and fails it if transactions deadlocked, even if they were
// saved by a retry. The database is closed when the test returns.
func RunStress(t *testing.T, build func(d module.Deps), test func(s *Stress)) {
	t.Helper()
	dbtest.NoDeadlocks(t, workers+2, func(db *database.DB) { test(&Stress{World: New(t, db, build)}) })
}

// Run has 8 workers act side by side, as many rounds each. The random numbers of a worker are the same in every run of
// the test. At the end something must have been done, and something refused, or it would not have been a test.
func (s *Stress) Run(rounds int, act func(r *rand.Rand)) {
	s.t.Helper()
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			for range rounds {
				act(r)
			}
		})
	}
	group.Wait()
	for name, n := range map[string]*atomic.Int64{"done": &s.done, "refused": &s.refused} {
		require.NotZero(s.t, n.Load(), name)
		s.t.Logf("%s: %d", name, n.Load())
	}
}

// Allow fails the test unless the answer has one of the statuses.
func (s *Stress) Allow(answer *httpservertest.Answer, statuses ...int) {
	s.t.Helper()
	switch {
	case !slices.Contains(statuses, answer.Status):
		s.t.Errorf("the answer is %d, and not one of %v: %s", answer.Status, statuses, answer.Body)
	case answer.Status < 300:
		s.done.Add(1)
	default:
		s.refused.Add(1)
	}
}

// Succeed publishes events as other modules would, see [World.Publish]; the worker goes on if it fails.
func (s *Stress) Succeed(events ...eventbus.Event) {
	s.t.Helper()
	if err := s.TryPublish(s.t.Context(), events...); err != nil {
		s.t.Errorf("%s: %v", events[0].EventName(), err)
	}
	s.done.Add(1)
}
