package e2e

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestNothingIsMissedOnABadLine: during 1,000 writes the lines to all clients are cut at random, in the middle of frames
// and of handshakes. Each client comes back with the last number that it saw. In the end each has had the feed of the
// table, in order, once.
func TestNothingIsMissedOnABadLine(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		task := ann.Task(ann.Project("Busy").ID, "Dig", map[string]any{"assignee_id": bob.ID})
		writes := harness.Load(1000)
		last := int64(writes + 1) // with the assignment
		line := harness.NewProxy(t, p.URL, harness.Quality{Lasts: 6000, Delay: 3 * time.Millisecond})
		at := bob.Through(line)

		var following, writing sync.WaitGroup
		followers := make([]*follower, 5)
		for i := range followers {
			f := &follower{
				t: t, stream: i%2 != 0,
				next:   func() *harness.Client { return at },
				lost:   func(err error) { assert.NotContains(t, err.Error(), "documented") },
				isLast: func(m harness.Message) bool { return m.Seq == last },
			}
			followers[i] = f
			following.Go(f.run)
		}
		var written atomic.Int64
		for range 4 {
			writing.Go(func() {
				for written.Add(1) <= int64(writes) {
					a, err := ann.Try("POST", "/api/v1/tasks/"+task.ID+"/comments", map[string]any{"body": "Deeper"})
					if !assert.NoError(t, err) || !assert.Equal(t, 201, a.Status, "%s", a.Body) {
						return
					}
				}
			})
		}
		writing.Wait()
		following.Wait()
		feed := table(t, dbtest.Open(t, url), bob.ID)
		require.Len(t, feed, int(last))
		for i, f := range followers {
			require.Equal(t, feed, f.seen, "client %d", i)
		}
		require.Greater(t, line.Cuts(), len(followers), "the line was not bad")
		t.Logf("%d connections were cut", line.Cuts())
	})
}
