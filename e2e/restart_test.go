package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ory/dockertest/v3"
	"github.com/ory/dockertest/v3/docker"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestARestartOfPostgreSQLUnderLoad: while the server is away every request is refused with 503 and Retry-After, and none
// with anything else. When it is back the program is too, by itself; what was acknowledged is there, the feed has neither
// a gap nor a repeat, and no connection is leaked.
func TestARestartOfPostgreSQLUnderLoad(t *testing.T) {
	t.Parallel()
	server := postgresOfItsOwn(t)
	p := harness.Launch(t, server.url)
	ann, bob := p.Register("Ann"), p.Register("Bob")
	project := ann.Project("Busy")
	told := follow(bob.Socket("&after_seq=0"))
	l := &load{t: t}
	for range 4 {
		l.begin("writes", func() (*harness.Answer, error) {
			return ann.Try(http.MethodPost, "/api/v1/projects/"+project.ID+"/tasks",
				map[string]any{"title": "Dig", "assignee_id": bob.ID})
		})
		l.begin("reads", func() (*harness.Answer, error) {
			return ann.Try(http.MethodGet, "/api/v1/projects/"+project.ID+"/tasks", nil)
		})
	}
	for range 2 {
		l.await("writes and reads", func() bool { return l.writes.Load() > 10 && l.reads.Load() > 10 })
		server.stop(t)
		l.refused.Store(0)
		l.await("refusals", func() bool { return l.refused.Load() > 20 })
		server.start(t)
		back := time.Now()
		l.writes.Store(0)
		l.reads.Store(0)
		l.await("the program is back by itself", func() bool { return l.writes.Load() > 0 && l.reads.Load() > 0 })
		t.Logf("back %v after PostgreSQL was", time.Since(back)) // what is promised is 2 s
	}
	p.Do(http.MethodGet, "/readyz", nil).Wants(200)
	l.end()

	there := harness.All[harness.Task](ann.Client, "/projects/"+project.ID+"/tasks")
	require.GreaterOrEqual(t, len(there), int(l.acknowledged.Load()))
	ids := map[string]bool{}
	for _, task := range there {
		ids[task.ID] = true
	}
	l.created.Range(func(id, _ any) bool { return assert.True(t, ids[id.(string)], "an acknowledged task is lost") })
	require.Eventually(t, func() bool {
		n, err := told()
		require.NoError(t, err)
		return n == int64(len(there))
	}, harness.Patience, time.Millisecond, "the socket has not told of all of them")
	require.Len(t, bob.Feed(), len(there))
	sessions := server.sessions(t)
	require.Eventually(t, func() bool { return sessions() <= 6+3 }, harness.Patience, harness.Patience/1000,
		"more connections than the pool, the one on which jobs are heard of, and the two to other nodes")
	// Eventually: a job, or the look at what other nodes changed, may hold one at any moment.
	idle := regexp.MustCompile(`fasttrack_sql_pool_connections\{pool="\w*",state="acquired"\} 0\n`)
	require.Eventually(t, func() bool {
		return idle.Match(p.Do(http.MethodGet, "/metrics", nil).Wants(200).Body)
	}, harness.Patience, harness.Patience/1000, "a connection of the pool was never given back")
	p.Terminate()
	require.Zero(t, p.ExitCode(), p.Log)
	require.Eventually(t, func() bool { return sessions() == 0 }, harness.Patience, harness.Patience/1000)
}

// load is what several clients do in circles.
type load struct {
	t                                    *testing.T
	writes, reads, refused, acknowledged atomic.Int64
	created                              sync.Map // ids of acknowledged tasks
	stopped                              atomic.Bool
	clients                              sync.WaitGroup
}

// begin lets one more client do something again and again. What it may get is success, or 503 with Retry-After.
func (l *load) begin(what string, do func() (*harness.Answer, error)) {
	l.clients.Go(func() {
		for !l.stopped.Load() {
			a, err := do()
			switch {
			case !assert.NoError(l.t, err, what):
				l.stopped.Store(true)
			case a.Status == http.StatusServiceUnavailable:
				seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
				assert.NoError(l.t, err, "Retry-After")
				assert.Positive(l.t, seconds, "Retry-After")
				l.refused.Add(1)
			case a.Status == http.StatusCreated:
				l.created.Store(harness.Into[harness.Task](a).ID, true)
				l.acknowledged.Add(1)
				l.writes.Add(1)
			case assert.Equal(l.t, http.StatusOK, a.Status, "%s: %s", what, a.Body):
				l.reads.Add(1)
			default:
				l.stopped.Store(true)
			}
		}
	})
}

// await waits until something is so. Machines that test many things at once take their time.
func (l *load) await(what string, is func() bool) {
	l.t.Helper()
	require.Eventually(l.t, func() bool { return l.stopped.Load() || is() }, 3*harness.Patience, time.Millisecond, what)
	require.False(l.t, l.stopped.Load(), "a client got what it must not")
}

func (l *load) end() {
	l.stopped.Store(true)
	l.clients.Wait()
}

// follow reads a socket as long as it is open, so that it is never too slow, and tells how many tasks were assigned on it, and
// what was wrong, such as a number that is not the next.
func follow(s *harness.Socket) (told func() (int64, error)) {
	var n atomic.Int64
	var wrong atomic.Pointer[error]
	go func() {
		for failed := 0; ; {
			m, err := s.TryNext()
			if err == nil && (m.Type != "task_assigned" || m.Seq != n.Load()+1) {
				err, failed = fmt.Errorf("%d was followed by %+v", n.Load(), m), patienceWithSilence
			}
			if err == nil {
				n.Store(m.Seq)
				failed = 0
			} else if failed++; failed > patienceWithSilence {
				wrong.Store(&err)
				return
			}
		}
	}()
	return func() (int64, error) {
		if err := wrong.Load(); err != nil {
			return n.Load(), *err
		}
		return n.Load(), nil
	}
}

// patienceWithSilence is how often nothing may come for harness.Patience: nothing does while there is no PostgreSQL.
const patienceWithSilence = 6

// postgresServer is a PostgreSQL in a container, which can be stopped and started at one address.
type postgresServer struct {
	url       string
	container string
	pool      *dockertest.Pool
}

// postgresOfItsOwn starts one, or skips the test where there is no Docker.
func postgresOfItsOwn(t *testing.T) *postgresServer {
	t.Helper()
	pool := engine(t)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	repository, tag := reference("POSTGRES_IMAGE", "postgres:17-alpine")
	r, err := pool.RunWithOptions(&dockertest.RunOptions{
		Repository: repository, Tag: tag, Env: []string{"POSTGRES_PASSWORD=sesame"},
		// Any other port would be another one after a restart.
		PortBindings: map[docker.Port][]docker.PortBinding{"5432/tcp": {{HostIP: "127.0.0.1", HostPort: port}}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pool.Purge(r) })
	s := &postgresServer{
		fmt.Sprintf("postgres://postgres:sesame@127.0.0.1:%s/postgres?sslmode=disable", port), r.Container.ID, pool,
	}
	s.await(t)
	return s
}

// stop ends it as an operator does: its clients are cut off.
func (s *postgresServer) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, s.pool.Client.StopContainer(s.container, 30))
}

// start starts it again, and waits until it takes connections.
func (s *postgresServer) start(t *testing.T) {
	t.Helper()
	require.NoError(t, s.pool.Client.StartContainer(s.container, nil))
	s.await(t)
}

func (s *postgresServer) await(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := s.connect(t)
		if err == nil {
			_ = conn.Close(t.Context())
		}
		return err == nil
	}, startWithin, 10*time.Millisecond)
}

func (s *postgresServer) connect(t *testing.T) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(t.Context(), harness.Patience)
	defer cancel()
	return pgx.Connect(ctx, s.url)
}

// sessions returns what counts the connections of others. It asks on one of its own: one that has just been closed would be
// counted for a while.
func (s *postgresServer) sessions(t *testing.T) (count func() int) {
	t.Helper()
	conn, err := s.connect(t)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return func() (n int) {
		assert.NoError(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&n))
		return n
	}
}
