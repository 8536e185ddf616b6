package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	traces "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func scraped(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, w.Code)
	return w.Body.String()
}

func TestWhatHappensIsCounted(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("1.2.3")
	o := telemetry.Observers{Metrics: m}
	ctx := t.Context()
	for range 3 {
		m.Answered(httpserver.Answered{Method: "GET", Route: "/api/v1/tasks/{id}", Status: 200, Duration: time.Millisecond})
	}
	m.Answered(httpserver.Answered{Method: "BREW", Status: 404})
	o.Statement(ctx, database.Statement{Verb: "select", Took: time.Millisecond})
	o.Statement(ctx, database.Statement{Verb: "insert", Took: time.Millisecond, Err: errors.New("no")})
	_, end := o.Handler(ctx, "transaction", "tasks.keep_new_user")
	end(nil)
	require.Nil(t, o.Inserting(ctx))
	_, worked := o.Working(ctx, "mail", nil)
	worked("gave_up", errors.New("no"))
	m.RateLimit("login", true)
	m.RateLimit("login", false)
	m.SocketClosed(4409)
	m.Delivered(3 * time.Millisecond)
	m.Gauge("answers", "How many.", func() float64 { return 42 })
	m.Counter("questions_total", "How many.", func() float64 { return 7 })
	m.Pool(func() map[string]database.PoolState {
		return map[string]database.PoolState{"all": {Acquired: 3, Idle: 2, Max: 20, Waited: 5, WaitedFor: time.Second}}
	})
	m.Jobs(func(context.Context) (map[string]int64, error) { return map[string]int64{"available": 4}, nil })

	text := scraped(t, m)
	for _, line := range []string{
		`http_requests_total{method="GET",route="/api/v1/tasks/{id}",status="200"} 3`,
		`http_requests_total{method="other",route="unmatched",status="404"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/api/v1/tasks/{id}",status="200"} 3`,
		`fasttrack_sql_statement_duration_seconds_count{outcome="done",verb="select"} 1`,
		`fasttrack_sql_statement_duration_seconds_count{outcome="failed",verb="insert"} 1`,
		`fasttrack_bus_handler_duration_seconds_count{handler="tasks.keep_new_user",moment="transaction",outcome="done"} 1`,
		`fasttrack_job_duration_seconds_count{kind="mail",outcome="gave_up"} 1`,
		`fasttrack_rate_limit_decisions_total{budget="login",decision="refused"} 1`,
		`fasttrack_sockets_closed_total{code="4409"} 1`, `fasttrack_sockets_closed_total{code="4408"} 0`,
		`fasttrack_notification_lag_seconds_count 1`, `fasttrack_answers 42`, `fasttrack_questions_total 7`,
		`fasttrack_sql_pool_connections{pool="all",state="acquired"} 3`, `fasttrack_sql_pool_wait_seconds_total{pool="all"} 1`,
		`fasttrack_jobs{state="available"} 4`, `go_goroutines`, `version="1.2.3"`,
	} {
		require.Contains(t, text, line)
	}
	require.NotContains(t, scraped(t, telemetry.NewMetrics("2")), "BREW", "nothing is global")
}

// receiver is a collector of traces.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []*traces.Span
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		var export collector.ExportTraceServiceRequest
		_ = proto.Unmarshal(body, &export)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.raw.Write(body)
		for _, of := range export.GetResourceSpans() {
			for _, scope := range of.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) span(t *testing.T, name string) *traces.Span {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.spans, func(s *traces.Span) bool { return s.GetName() == name })
	require.GreaterOrEqual(t, i, 0, "no span %s among %d", name, len(r.spans))
	return r.spans[i]
}

// TestATraceGoesFromTheRequestToItsJob, over statements and handlers; and it holds nothing that a client has sent.
func TestATraceGoesFromTheRequestToItsJob(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	tracing, err := telemetry.NewTracing(t.Context(), to.URL, "1.2.3", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	o := telemetry.Observers{Metrics: telemetry.NewMetrics("1.2.3"), Tracing: tracing}
	var lines bytes.Buffer
	log := telemetry.Log(slog.New(slog.NewTextHandler(&lines, nil)))
	var carried map[string]string
	s := httpservertest.NewWith(t, httpserver.Config{Log: log}, func(s *httpserver.Server) {
		s.Use(tracing.Layer)
		httpserver.Register(s.API(), httpserver.Operation{
			ID: "work", Method: "POST", Path: "/work/{id}", Summary: "Work", Tag: "work", Public: true,
		}, func(ctx context.Context, in *struct {
			ID string `path:"id"`
			Q  string `query:"q"`
		},
		) (*struct{}, error) {
			log.InfoContext(ctx, "working")
			ctx, end := o.Handler(ctx, "transaction", "work.handle")
			defer end(nil)
			o.Statement(ctx, database.Statement{Verb: "insert", SQL: "INSERT INTO work VALUES ($1)", Began: time.Now(), Err: errors.New(in.Q)})
			carried = o.Inserting(ctx)
			return nil, nil
		})
	})
	anyone := s.Anonymous(t)
	a := anyone.Post("/api/v1/work/path-secret?q=query-secret", nil, "X-Secret", "header-secret",
		"Traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01").Require(204)
	anyone.Get("/path-secret/nowhere").Require(404)

	o.Statement(t.Context(), database.Statement{Verb: "select", SQL: "SELECT 'of a poll'"})
	_, end := o.Working(t.Context(), "work.job", carried)
	end("failed", errors.New("error-secret"))
	tracing.Close()

	request, handler := to.span(t, "POST /api/v1/work/{id}"), to.span(t, "work.handle")
	statement, job := to.span(t, "sql insert"), to.span(t, "work.job")
	require.Equal(t, "0123456789abcdef", hex(request.GetParentSpanId()), "the caller's span is the parent")
	for _, span := range []*traces.Span{request, handler, statement, job} {
		require.Equal(t, "0123456789abcdef0123456789abcdef", hex(span.GetTraceId()), span.GetName())
	}
	require.Equal(t, request.GetSpanId(), handler.GetParentSpanId())
	require.Equal(t, handler.GetSpanId(), statement.GetParentSpanId())
	require.Equal(t, handler.GetSpanId(), job.GetParentSpanId())
	require.Equal(t, traces.Status_STATUS_CODE_ERROR, statement.GetStatus().GetCode())
	require.NotContains(t, to.raw.String(), "secret")
	require.NotContains(t, to.raw.String(), "of a poll")

	// Lines of the log say to which request and trace they belong, once.
	for line := range strings.Lines(lines.String()) {
		if strings.Contains(line, "msg=working") || strings.Contains(line, "route=/api/v1/work/{id}") {
			require.Equal(t, 1, strings.Count(line, "trace_id=0123456789abcdef0123456789abcdef"), line)
			require.Equal(t, 1, strings.Count(line, "request_id="+a.Header.Get("X-Request-Id")), line)
		}
	}
	require.Contains(t, lines.String(), "msg=working")
}

func hex(id []byte) string {
	var text strings.Builder
	for _, b := range id {
		text.WriteByte("0123456789abcdef"[b>>4])
		text.WriteByte("0123456789abcdef"[b&15])
	}
	return text.String()
}

func TestACollectorThatIsAwayIsSaidOnce(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close()) // nobody is there
	tracing, err := telemetry.NewTracing(t.Context(), "http://"+l.Addr().String(), "1", slog.New(slog.NewTextHandler(&lines, nil)))
	require.NoError(t, err)
	_, end := tracing.Working(t.Context(), "work.job", nil)
	end(nil)
	tracing.Close()
	require.LessOrEqual(t, strings.Count(lines.String(), "level=WARN"), 1, lines.String())
}

func TestProfilesAreOnTheSecondAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- telemetry.Serve(ctx, l, telemetry.NewMetrics("1").Handler(), slog.New(slog.DiscardHandler))
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]int{
		"/metrics": 200, "/debug/pprof/": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 200,
		"/debug/pprof/symbol": 200, "/": 404,
	} {
		response, err := client.Get("http://" + l.Addr().String() + path)
		require.NoError(t, err)
		require.Equal(t, want, response.StatusCode, path)
		require.NoError(t, response.Body.Close())
	}
	cancel()
	require.NoError(t, <-served)
}
