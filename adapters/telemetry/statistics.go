package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fasttrack/adapters/statistics"
)

// Statistics shows how much there is of things, of all nodes together, and how old that knowledge is. What has not been
// counted is not shown.
func (m *Metrics) Statistics(read func(context.Context) (statistics.Kept, error)) {
	m.registry.MustRegister(&counted{asked[statistics.Kept]{ask: read}})
}

type counted struct{ kept asked[statistics.Kept] }

var statisticsAge = prometheus.NewDesc(namespace+"_statistics_age_seconds",
	"How long ago things were counted, which is done every 10 minutes.", nil, nil)

// Describe implements prometheus.Collector. It says nothing, since the modules say what is counted.
func (c *counted) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *counted) Collect(out chan<- prometheus.Metric) {
	kept := c.kept.answer()
	if kept.CountedAt.IsZero() {
		return
	}
	out <- prometheus.MustNewConstMetric(statisticsAge, prometheus.GaugeValue, time.Since(kept.CountedAt).Seconds())
	for _, count := range kept.Counts {
		var names, values []string
		if count.State != "" {
			names, values = []string{"state"}, []string{count.State}
		}
		desc := prometheus.NewDesc(namespace+"_"+count.Things, "How many there are, of all nodes together.", names, nil)
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(count.Value), values...)
	}
}
