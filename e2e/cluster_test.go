package e2e

import (
	"bytes"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/broadcast"
	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/nettest"
	"fasttrack/adapters/redis/redistest"
	"fasttrack/e2e/harness"
)

// TestThreeNodesKeepEveryFeedWhole: three nodes on one PostgreSQL, writes and clients at all of them, and bad lines in
// between. One node is cut off from what the nodes tell each other, and comes back to it; another is killed, and its
// clients go to the next. In the end every client has had the feed of the table, in order, once.
func TestThreeNodesKeepEveryFeedWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("runs programs of its own")
	}
	t.Parallel()
	t.Run("by LISTEN and NOTIFY", func(t *testing.T) {
		t.Parallel()
		databaseURL := dbtest.URL(t, database.Postgres)
		address, err := url.Parse(databaseURL)
		require.NoError(t, err)
		// A connection names its purpose in its first message, so those for hints can be cut, and no other.
		wire := nettest.NewWire(t, address.Host, func(first []byte) bool {
			return bytes.Contains(first, []byte(broadcast.ApplicationName))
		})
		address.Host = wire.Address
		newCluster(t, databaseURL,
			harness.Launch(t, databaseURL), harness.Launch(t, databaseURL), harness.Launch(t, address.String())).story(wire)
	})
	t.Run("by Redis", func(t *testing.T) {
		t.Parallel()
		databaseURL, redisURL := dbtest.URL(t, database.Postgres), redistest.URL(t)
		wire := redistest.NewWire(t, redisURL)
		launch := func(redisURL string) *harness.Process { return harness.Launch(t, databaseURL, "REDIS_URL="+redisURL) }
		newCluster(t, databaseURL, launch(redisURL), launch(redisURL), launch(wire.URL)).story(wire.Wire)
	})
}

// cluster is several nodes with writers and readers.
type cluster struct {
	t         *testing.T
	db        *database.DB
	nodes     []*harness.Process
	lines     []*harness.Proxy // a bad one to each node
	killed    []atomic.Bool
	ann       *harness.Person   // writes
	readers   []*harness.Person // are told
	tasks     []harness.Task    // one of each reader
	followers []*follower
	written   atomic.Int64
	stopped   atomic.Bool
	writing   sync.WaitGroup
	following sync.WaitGroup
}

// The nodes of the story.
const (
	steady = iota // nothing happens to it
	victim        // it is killed
	deaf          // it is cut off
)

func newCluster(t *testing.T, databaseURL string, nodes ...*harness.Process) *cluster {
	t.Helper()
	c := &cluster{t: t, db: dbtest.Open(t, databaseURL), nodes: nodes, killed: make([]atomic.Bool, len(nodes))}
	c.ann = nodes[steady].Register("Ann")
	project := c.ann.Project("Busy")
	for _, name := range []string{"Bob", "Eve"} {
		reader := nodes[steady].Register(name)
		c.readers = append(c.readers, reader)
		c.tasks = append(c.tasks, c.ann.Task(project.ID, "the first", map[string]any{"assignee_id": reader.ID}))
	}
	for _, node := range nodes {
		c.lines = append(c.lines, harness.NewProxy(t, node.URL, harness.Quality{Lasts: 4000, Delay: 3 * time.Millisecond}))
	}
	return c
}

// story is what happens. The wire carries the hints of the deaf node.
func (c *cluster) story(wire *nettest.Wire) {
	t := c.t
	defer c.stopped.Store(true)
	for home := range c.nodes {
		for i := range c.readers {
			c.follow(i, home, home != steady && i == 0, func(at int) *harness.Client { return c.nodes[at].Through(c.lines[at]) })
		}
		c.writing.Go(func() { c.write(home) })
	}
	straight := c.follow(0, deaf, false, func(at int) *harness.Client { return c.nodes[at].Client })

	c.await(40)
	wire.Cut()
	c.logs("cannot hear other nodes at once")
	c.await(20)
	var end int64
	require.NoError(t, c.db.Conn(t.Context()).Raw(`SELECT last_seq FROM notification_streams WHERE user_id = ?`,
		c.readers[0].ID).Scan(&end).Error)
	require.Eventually(t, func() bool { return straight.at.Load() >= end }, 3*harness.Patience, time.Millisecond,
		"who is at the node that is cut off hears nothing")

	c.nodes[victim].Kill()
	c.killed[victim].Store(true)
	c.await(40)
	wire.Mend()
	c.logs("can hear other nodes again")
	c.await(20)
	c.stopped.Store(true)
	c.writing.Wait()

	for i := range c.readers {
		c.ann.Task(c.tasks[i].ProjectID, "the last", map[string]any{"assignee_id": c.readers[i].ID})
	}
	c.following.Wait()
	for i, f := range c.followers {
		feed := table(t, c.db, c.readers[i%len(c.readers)].ID)
		require.Equal(t, feed, f.seen, "client %d", i)
	}
	cuts := 0
	for _, line := range c.lines {
		cuts += line.Cuts()
	}
	require.Positive(t, cuts)
	t.Logf("%d writes were acknowledged, %d connections of %d clients were cut", c.written.Load(), cuts, len(c.followers))
}

// follow has a client follow the feed of a reader, at its home while that is alive.
func (c *cluster) follow(reader, home int, stream bool, by func(node int) *harness.Client) *follower {
	f := &follower{
		t: c.t, stream: stream,
		next: func() *harness.Client {
			if c.killed[home].Load() {
				home = c.after(home)
			}
			return by(home).With(c.readers[reader].Tokens.AccessToken)
		},
		lost:   func(err error) { assert.NotContains(c.t, err.Error(), "documented") },
		isLast: hasTitle("the last"),
	}
	c.followers = append(c.followers, f)
	c.following.Go(f.run)
	return f
}

// write comments on the tasks in turn, at its home while that is alive.
func (c *cluster) write(home int) {
	for i := home; !c.stopped.Load(); i++ {
		a, err := c.nodes[home].With(c.ann.Tokens.AccessToken).
			Try("POST", "/api/v1/tasks/"+c.tasks[i%len(c.tasks)].ID+"/comments", map[string]any{"body": "Deeper"})
		if err != nil {
			if c.stopped.Load() || !assert.Equal(c.t, victim, home) || !assert.True(c.t, harness.IsGone(err), "%v", err) {
				return
			}
			home = c.after(home)
			continue
		}
		if !assert.Equal(c.t, 201, a.Status, "%s", a.Body) {
			return
		}
		c.written.Add(1)
	}
}

func (c *cluster) after(node int) int { return (node + 1) % len(c.nodes) }

// await waits for so many more writes.
func (c *cluster) await(writes int64) {
	c.t.Helper()
	goal := c.written.Load() + writes
	require.Eventually(c.t, func() bool { return c.written.Load() >= goal || c.t.Failed() }, 6*harness.Patience, time.Millisecond)
	require.False(c.t, c.t.Failed())
}

// logs waits until the deaf node has logged a text.
func (c *cluster) logs(text string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return len(c.nodes[deaf].Log.Lines(text)) > 0 }, 3*harness.Patience, 10*time.Millisecond)
}
