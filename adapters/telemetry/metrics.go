package telemetry

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
)

const namespace = "fasttrack"

// Metrics counts and measures. Its methods are hooks for others; they are quick and safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	requests  sync.Map // answeredAs → *answered
	total     *prometheus.CounterVec
	durations *prometheus.HistogramVec

	statements    *prometheus.HistogramVec
	handlers      *prometheus.HistogramVec
	jobs          *prometheus.HistogramVec
	limits        *prometheus.CounterVec
	socketsClosed *prometheus.CounterVec
	delivered     prometheus.Histogram
}

// The bounds of histograms, in seconds: of requests, and of what is a small part of one.
var (
	requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	partBuckets    = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
)

// NewMetrics returns metrics in which nothing has happened yet, of a program of this version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests that were answered.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "How long answers took, sockets and streams until their end.",
			Buckets: requestBuckets,
		}, []string{"method", "route", "status"}),
		statements: histograms("sql_statement_duration_seconds", "How long SQL statements took.", "verb", "outcome"),
		handlers:   histograms("bus_handler_duration_seconds", "How long handlers of events took.", "moment", "handler", "outcome"),
		jobs:       histograms("job_duration_seconds", "How long attempts at jobs took.", "kind", "outcome"),
		limits:     counters("rate_limit_decisions_total", "What the rate limits decided.", "budget", "decision"),
		socketsClosed: counters("sockets_closed_total",
			"Sockets that the server closed, by code: 4409 and 4408 are clients that did not keep up.", "code"),
		delivered: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "notification_lag_seconds", Buckets: partBuckets,
			Help: "From a notification's making to its being handed to a socket, replays left out.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		m.total, m.durations, m.statements, m.handlers, m.jobs, m.limits, m.socketsClosed, m.delivered,
	)
	// What may never happen is there from the beginning, so that a rate of it is 0 and not nothing.
	for _, code := range []int{1001, 1007, 1009, 4401, 4408, 4409, 4429} {
		m.socketsClosed.WithLabelValues(strconv.Itoa(code))
	}
	return m
}

func histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: partBuckets}, labels)
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Handler answers with the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		DisableCompression: true, // the server's
		Timeout:            5 * time.Second,
	})
}

type answeredAs struct {
	method, route string
	status        int
}

type answered struct {
	total    prometheus.Counter
	duration prometheus.Observer
}

// Answered is the hook of httpserver.Server.Observe.
func (m *Metrics) Answered(a httpserver.Answered) {
	key := answeredAs{a.Method, a.Route, a.Status}
	if key.route == "" {
		key.route = "unmatched"
	}
	switch key.method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		key.method = "other"
	}
	found, there := m.requests.Load(key)
	if !there {
		labels := []string{key.method, key.route, strconv.Itoa(key.status)}
		found, _ = m.requests.LoadOrStore(key, &answered{
			m.total.WithLabelValues(labels...), m.durations.WithLabelValues(labels...),
		})
	}
	as := found.(*answered)
	as.total.Inc()
	as.duration.Observe(a.Duration.Seconds())
}

// Statement is the hook of database.DB.Observe.
func (m *Metrics) Statement(_ context.Context, s database.Statement) {
	m.statements.WithLabelValues(s.Verb, outcomeOf(s.Err)).Observe(s.Took.Seconds())
}

func outcomeOf(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// RateLimit is the hook of ratelimit.Config.
func (m *Metrics) RateLimit(budget string, allowed bool) {
	decision := "refused"
	if allowed {
		decision = "allowed"
	}
	m.limits.WithLabelValues(budget, decision).Inc()
}

// SocketClosed counts a socket that the server has closed.
func (m *Metrics) SocketClosed(code int) { m.socketsClosed.WithLabelValues(strconv.Itoa(code)).Inc() }

// Delivered measures a notification that was handed to a socket so long after it was made.
func (m *Metrics) Delivered(lag time.Duration) { m.delivered.Observe(max(0, lag.Seconds())) }
