package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/redis/redistest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// TestThreeNodesTellEachOtherByRedisAndDoWithoutIt: hints only make notifications quick. A node that is cut off from
// Redis, and all of them when it is away, deliver everything as well, in order and once, within a second or so.
func TestThreeNodesTellEachOtherByRedisAndDoWithoutIt(t *testing.T) {
	t.Parallel()
	url, redisURL := dbtest.URL(t, database.Postgres), redistest.URL(t)
	wire := redistest.NewWire(t, redisURL)
	with := func(redisURL string) harness.Option {
		return harness.Configure(func(c *config.Config) { c.RedisURL = redisURL })
	}
	one, two := harness.Start(t, url, with(redisURL)), harness.Start(t, url, with(redisURL))
	three := harness.Start(t, url, with(wire.URL))
	ann, bob := one.Register("Ann"), one.Register("Bob")
	task := ann.Task(ann.Project("Garden").ID, "Dig", map[string]any{"assignee_id": bob.ID})
	sockets := []*harness.Socket{on(two, bob).Socket("&after_seq=0"), on(three, bob).Socket("&after_seq=0")}
	seq := int64(0)
	expect := func(kind string) {
		t.Helper()
		seq++
		for _, s := range sockets {
			require.Equal(t, seq, s.Expect(kind).Seq)
		}
	}
	expect("task_assigned")
	deliver := func(n int) time.Duration {
		t.Helper()
		var took []time.Duration
		for i := range n {
			began := time.Now()
			ann.Comment(task.ID, fmt.Sprintf("Comment %d", i))
			expect("comment_added")
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.Logf("from the write on one node to the sockets of two others: p50 %s, worst %s", took[n/2], took[n-1])
		return took[n/2]
	}
	deliver(1) // by then all nodes hear each other, or have asked
	require.Less(t, deliver(11), pollOfFeeds/2)

	wire.Cut()
	deliver(4)
	require.NotEmpty(t, three.Log.Lines("cannot hear other nodes at once"))
	require.Empty(t, two.Log.Lines("cannot hear other nodes at once"))

	wire.Mend()
	require.Eventually(t, func() bool { return len(three.Log.Lines("can hear other nodes again")) == 1 },
		harness.Patience, harness.Patience/1000)
	require.Less(t, deliver(11), pollOfFeeds/2)
	require.Len(t, on(three, bob).Feed(), int(seq))
}
