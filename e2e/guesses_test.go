package e2e

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// TestWrongPasswordsAreCountedOverAllNodes: whoever guesses on two nodes has no more guesses than on one, and is let in
// once they have waited for as long as they were told.
func TestWrongPasswordsAreCountedOverAllNodes(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	throttled := harness.Configure(func(c *config.Config) { c.LoginThrottle = true })
	nodes := []*harness.Program{harness.Start(t, url, throttled), harness.Start(t, url, throttled)}
	ann := nodes[0].Register("Ann")
	wait := 0
	for i := 0; wait == 0; i++ {
		// A slow machine may take a second between the fifth and the sixth, which is then let through.
		require.Less(t, i, 12)
		a := nodes[i%2].Post("/auth/login", map[string]any{"email": ann.Email, "password": "wrong"})
		if a.Status == 401 {
			continue
		}
		require.GreaterOrEqual(t, i, 5)
		a.WantsProblem(429, "rate_limited")
		var err error
		wait, err = strconv.Atoi(a.Header.Get("Retry-After"))
		require.NoError(t, err)
	}
	ann.Get("/users/me").Wants(200) // who is logged in stays so
	time.Sleep(time.Duration(wait) * time.Second)
	nodes[1].Login(ann.Email, ann.Password)
}

// TestAFloodOfLoginsIsBounded: 500 logins at once take the memory of a few, as hashes wait for their turn; those for whom
// there is no room, or whose turn does not come soon, are told to come back; and all the while reads are answered.
func TestAFloodOfLoginsIsBounded(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url, "GOMAXPROCS=1", "ARGON2_MEMORY_KIB=19456", "ARGON2_ITERATIONS=2")
		ann := p.Register("Ann")
		before := p.PeakMemory()
		var reads atomic.Int64
		over, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for {
				a, err := ann.Try("GET", "/api/v1/users/me", nil)
				if !assert.NoError(t, err) || !assert.Equal(t, 200, a.Status, "%s", a.Body) {
					return
				}
				reads.Add(1)
				select {
				case <-over:
					return
				default:
				}
			}
		}()
		var s statuses
		harness.AtOnce(500, func(int) {
			a, err := p.Try("POST", "/api/v1/auth/login", map[string]any{"email": ann.Email, "password": ann.Password})
			if s.count(t, a, err) == 503 {
				assert.NotEmpty(t, a.Header.Get("Retry-After"))
			}
		})
		during := reads.Load()
		close(over)
		<-ended
		t.Logf("answers %v; %d reads meanwhile; memory %d MiB before, at most %d", s.seen, during, before, p.PeakMemory())
		require.Equal(t, 500, s.seen[200]+s.seen[503], "%v", s.seen)
		require.Positive(t, s.seen[200])
		require.Positive(t, s.seen[503], "there is room for 256 that wait")
		require.Greater(t, during, int64(10))
		require.Less(t, p.PeakMemory(), 512, "500 hashes at once would take 9500 MiB")
		p.Login(ann.Email, ann.Password)
	})
}
