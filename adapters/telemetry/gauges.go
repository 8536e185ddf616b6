package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fasttrack/adapters/database"
)

// Gauge has a value asked for whenever metrics are. The name is below fasttrack_.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, value))
}

// Counter is [Metrics.Gauge] for a number that only grows.
func (m *Metrics) Counter(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, value))
}

// Pool shows the connections of a database.
func (m *Metrics) Pool(state func() map[string]database.PoolState) {
	m.registry.MustRegister(pool{state})
}

type pool struct {
	state func() map[string]database.PoolState
}

var (
	poolConnections = prometheus.NewDesc(namespace+"_sql_pool_connections",
		"Connections of the database's pool, by what they do, and how many there may be.", []string{"pool", "state"}, nil)
	poolWaits = prometheus.NewDesc(namespace+"_sql_pool_waits_total",
		"How often a connection had to be waited for.", []string{"pool"}, nil)
	poolWaited = prometheus.NewDesc(namespace+"_sql_pool_wait_seconds_total",
		"How long connections were waited for, all in all.", []string{"pool"}, nil)
)

// Describe implements prometheus.Collector.
func (p pool) Describe(out chan<- *prometheus.Desc) {
	out <- poolConnections
	out <- poolWaits
	out <- poolWaited
}

// Collect implements prometheus.Collector.
func (p pool) Collect(out chan<- prometheus.Metric) {
	for name, s := range p.state() {
		for state, n := range map[string]int{"acquired": s.Acquired, "idle": s.Idle, "max": s.Max} {
			out <- prometheus.MustNewConstMetric(poolConnections, prometheus.GaugeValue, float64(n), name, state)
		}
		out <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(s.Waited), name)
		out <- prometheus.MustNewConstMetric(poolWaited, prometheus.CounterValue, s.WaitedFor.Seconds(), name)
	}
}

// Jobs shows how many jobs are in which state.
func (m *Metrics) Jobs(count func(context.Context) (map[string]int64, error)) {
	m.registry.MustRegister(&jobs{asked[map[string]int64]{ask: count}})
}

type jobs struct{ counts asked[map[string]int64] }

var jobsWaiting = prometheus.NewDesc(namespace+"_jobs", "Jobs that are not done, by state.", []string{"state"}, nil)

// Describe implements prometheus.Collector.
func (j *jobs) Describe(out chan<- *prometheus.Desc) { out <- jobsWaiting }

// Collect implements prometheus.Collector.
func (j *jobs) Collect(out chan<- prometheus.Metric) {
	for state, n := range j.counts.answer() {
		out <- prometheus.MustNewConstMetric(jobsWaiting, prometheus.GaugeValue, float64(n), state)
	}
}

// How often the database is asked at most, and how long that may take.
const (
	askEvery  = 5 * time.Second
	askWithin = time.Second
)

// asked is what the database answers to a statement. It is asked now and then at most, however often metrics are; when
// that fails the answer is the zero value, of which nothing is shown: an unreachable database shows elsewhere.
type asked[T any] struct {
	ask func(context.Context) (T, error)

	mu   sync.Mutex
	at   time.Time
	last T
}

func (a *asked[T]) answer() T {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Since(a.at) > askEvery {
		ctx, cancel := context.WithTimeout(context.Background(), askWithin)
		defer cancel()
		var err error
		if a.last, err = a.ask(ctx); err != nil {
			a.last = *new(T)
		}
		a.at = time.Now()
	}
	return a.last
}
