package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// spans is what a collector of traces is sent, as it comes: names and values can be found in it as text.
type spans struct {
	server *httptest.Server
	mu     sync.Mutex
	raw    bytes.Buffer
}

func newSpans(t *testing.T) *spans {
	t.Helper()
	s := &spans{}
	s.server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.raw.Write(body)
	}))
	t.Cleanup(s.server.Close)
	return s
}

// here has a program send its traces to it.
func (s *spans) here() harness.Option {
	return harness.Configure(func(c *config.Config) { c.OTLPEndpoint = s.server.URL })
}

func (s *spans) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw.String()
}

// TestMetricsTellWhatHappened, by the templates of routes: a path that somebody made up is no label, and no id is.
func TestMetricsTellWhatHappened(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		socket := bob.Socket("")
		project := ann.Project("Garden")
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		socket.Expect("task_assigned")
		ann.Get("/tasks/" + task.ID).Wants(200)
		p.Do("GET", "/made/up/"+task.ID, nil).Wants(404)

		a := p.Do("GET", "/metrics", nil).Wants(200)
		require.Contains(t, a.Header.Get("Content-Type"), "text/plain; version=0.0.4")
		text := string(a.Body)
		for _, line := range []string{
			`http_requests_total{method="GET",route="/api/v1/tasks/{id}",status="200"} 1`,
			`http_requests_total{method="GET",route="unmatched",status="404"} 1`,
			`http_request_duration_seconds_count{method="POST",route="/api/v1/projects/{id}/tasks",status="201"} 1`,
			`fasttrack_bus_handler_duration_seconds_count{handler="notifications.notify",moment="before_commit",outcome="done"} 1`,
			`fasttrack_sockets_open 1`, `fasttrack_notification_lag_seconds_count 1`, `fasttrack_jobs{state="available"} `,
		} {
			require.Contains(t, text, line)
		}
		require.Regexp(t, `fasttrack_sql_statement_duration_seconds_count\{outcome="done",verb="insert"\} [1-9]`, text)
		for _, id := range []string{task.ID, project.ID, ann.ID, bob.ID, "made"} {
			require.NotContains(t, text, id)
		}
	})
}

func TestMetricsAndProfilesMayHaveAnAddressOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite), harness.Configure(func(c *config.Config) { c.MetricsAddr = "127.0.0.1:0" }))
	p.Do("GET", "/metrics", nil).Wants(404)
	p.Do("GET", "/debug/pprof/", nil).Wants(404)
	address := regexp.MustCompile(`msg="serving metrics and profiles" address=(\S+)`)
	require.Eventually(t, func() bool { return address.MatchString(p.Log.String()) }, harness.Patience, harness.Patience/1000)
	for path, want := range map[string]string{"/metrics": "http_requests_total", "/debug/pprof/": "goroutine"} {
		response, err := http.Get("http://" + address.FindStringSubmatch(p.Log.String())[1] + path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 200, response.StatusCode)
		require.Contains(t, string(body), want)
	}
}

// TestATraceCoversTheWholeRequest: its handlers and statements are in it, and the log names it.
func TestATraceCoversTheWholeRequest(t *testing.T) {
	t.Parallel()
	collector := newSpans(t)
	p := harness.Start(t, dbtest.URL(t, database.SQLite), collector.here())
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	ann := p.Register("Ann")
	ann.Do("POST", "/api/v1/projects", map[string]any{"name": "Garden"},
		harness.Header{Name: "Traceparent", Value: "00-" + trace + "-00f067aa0ba902b7-01"}).Wants(201)
	p.Stop()
	for _, name := range []string{"POST /api/v1/projects", "tasks.keep_new_project", "sql insert"} {
		require.Contains(t, collector.String(), name)
	}
	lines := p.Log.Lines("trace_id=" + trace)
	require.Len(t, lines, 1)
	require.Equal(t, 1, strings.Count(lines[0], "request_id="))
}
