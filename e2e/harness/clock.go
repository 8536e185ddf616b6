package harness

import (
	"sync"
	"time"

	"fasttrack/shared/clock"
)

// Clock is a clock that a test sets. It goes on as the machine's does, and jumps where the test says so. It is safe for
// concurrent use.
//
// It is the clock of modules: when things were made and changed, and how long an access token lives. What several nodes
// must agree on, such as when a session ends, goes on PostgreSQL by the clock of the database; deadlines of connections,
// rate limits and the pace of jobs go by the machine's.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// NewClock returns a clock that shows the machine's time, for [WithClock].
func NewClock() *Clock { return &Clock{} }

// Now returns what time it is.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return clock.Normal(clock.System().Add(c.ahead))
}

// Advance lets time pass at once.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
