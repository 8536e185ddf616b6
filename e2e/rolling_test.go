package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestARollingRestartLosesNothing: two nodes are replaced one after the other, behind a balancer that repeats nothing and
// asks /readyz. No request fails, and who comes back with its last number whenever its socket is closed has the whole
// feed, in order and once.
func TestARollingRestartLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("runs programs of its own")
	}
	t.Parallel()
	databaseURL := dbtest.URL(t, database.Postgres)
	launch := func() *harness.Process { return harness.Launch(t, databaseURL, "DRAIN_DELAY=1s", "LOG_LEVEL=info") }
	b := newBalancer(t)
	nodes := []*harness.Process{launch(), launch()}
	for _, node := range nodes {
		b.add(node.URL)
	}
	b.await(2)
	through := harness.Attach(t, b.url)
	ann, bob := through.Register("Ann"), through.Register("Bob")
	project := ann.Project("Busy")

	var made, failed, closed atomic.Int64
	var stopped atomic.Bool
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for !stopped.Load() {
				a, err := ann.Try(http.MethodPost, "/api/v1/projects/"+project.ID+"/tasks",
					map[string]any{"title": "Dig", "assignee_id": bob.ID})
				if !assert.NoError(t, err) || !assert.Equal(t, http.StatusCreated, a.Status, "%s", a.Body) {
					failed.Add(1)
					return
				}
				made.Add(1)
			}
		})
	}
	f := &follower{
		t:    t,
		next: func() *harness.Client { return bob.Client },
		lost: func(err error) {
			assert.True(t, websocket.IsCloseError(err, websocket.CloseGoingAway), "%v", err)
			closed.Add(1)
		},
		isLast: hasTitle("the last"),
	}
	var following sync.WaitGroup
	following.Go(f.run)
	for i, node := range nodes {
		before := made.Load()
		require.Eventually(t, func() bool { return failed.Load() > 0 || made.Load() > before+20 }, 3*harness.Patience, time.Millisecond)
		node.Terminate()
		require.Zero(t, node.ExitCode(), node.Log)
		b.await(1)
		nodes[i] = launch()
		b.add(nodes[i].URL)
		b.await(2)
	}
	stopped.Store(true)
	clients.Wait()
	require.Zero(t, failed.Load())
	ann.Task(project.ID, "the last", map[string]any{"assignee_id": bob.ID})
	following.Wait()
	require.Positive(t, closed.Load(), "no socket was at a node that stopped")
	feed := table(t, dbtest.Open(t, databaseURL), bob.ID)
	require.Len(t, feed, int(made.Load())+1)
	require.Equal(t, feed, f.seen)
	t.Logf("%d writes, none failed; the socket was closed %d times", made.Load(), closed.Load())
}

// balancer passes requests and sockets on to those nodes in turn that say they are ready. It tries nothing twice.
type balancer struct {
	t   *testing.T
	url string

	mu    sync.Mutex
	nodes []*node
	turn  int
}

type node struct {
	url   *url.URL
	ready bool
	proxy *httputil.ReverseProxy
}

// askReadiness is how often nodes are asked; they say that they are not ready for longer than that before they stop.
const askReadiness = 100 * time.Millisecond

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	b := &balancer{t: t}
	server := httptest.NewServer(b)
	b.url = server.URL
	asking := time.NewTicker(askReadiness)
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-asking.C:
				b.ask()
			case <-done:
				return
			}
		}
	})
	t.Cleanup(func() {
		close(done)
		running.Wait()
		asking.Stop()
		server.CloseClientConnections()
		server.Close()
	})
	return b
}

func (b *balancer) add(address string) {
	target, err := url.Parse(address)
	require.NoError(b.t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	b.t.Cleanup(transport.CloseIdleConnections)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes = append(b.nodes, &node{url: target, proxy: &httputil.ReverseProxy{
		Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}})
}

// ask finds out who is ready.
func (b *balancer) ask() {
	b.mu.Lock()
	nodes := append([]*node(nil), b.nodes...)
	b.mu.Unlock()
	for _, n := range nodes {
		response, err := http.Get(n.url.String() + "/readyz")
		ready := err == nil && response.StatusCode == http.StatusOK
		if err == nil {
			_ = response.Body.Close()
		}
		b.mu.Lock()
		n.ready = ready
		b.mu.Unlock()
	}
}

// await waits until this many nodes are ready.
func (b *balancer) await(n int) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		ready := 0
		for _, node := range b.nodes {
			if node.ready {
				ready++
			}
		}
		return ready == n
	}, 3*harness.Patience, askReadiness/10)
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n := b.next(); n != nil {
		n.proxy.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(http.StatusBadGateway)
}

func (b *balancer) next() *node {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.nodes {
		b.turn = (b.turn + 1) % len(b.nodes)
		if b.nodes[b.turn].ready {
			return b.nodes[b.turn]
		}
	}
	return nil
}
