package bootstrap

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/statistics"
	"fasttrack/adapters/telemetry"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/eventbus"
)

// newObservers returns what is told of everything that happens: metrics, and traces if there is somebody to send them to.
func newObservers(cfg *config.Config, log *slog.Logger) (telemetry.Observers, error) {
	o := telemetry.Observers{Metrics: telemetry.NewMetrics(Version())}
	if cfg.OTLPEndpoint == "" {
		return o, nil
	}
	tracing, err := telemetry.NewTracing(context.Background(), cfg.OTLPEndpoint, Version(), log)
	if err != nil {
		return o, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	o.Tracing = tracing
	return o, nil
}

// observeServer has requests counted and traced, and the metrics served if they have no address of their own.
func observeServer(o telemetry.Observers, server *httpserver.Server, cfg *config.Config) {
	server.Observe(o.Metrics.Answered)
	if o.Tracing != nil {
		server.Use(o.Tracing.Layer)
	}
	if cfg.MetricsAddr == "" {
		server.Metrics(o.Metrics.Handler())
	}
}

// observeState has the metrics ask for what is not an event but a state.
func observeState(m *telemetry.Metrics, db *database.DB, bus *eventbus.Bus, queue *jobs.Queue, modules modules) {
	m.Pool(db.PoolState)
	m.Jobs(queue.Counts)
	m.Statistics(func(ctx context.Context) (statistics.Kept, error) { return statistics.Read(ctx, db) })
	m.Gauge("bus_deliveries_waiting", "Deliveries after the commit that wait for their turn.",
		func() float64 { return float64(bus.Waiting()) })
	m.Counter("bus_deliveries_failed_total", "Deliveries after the commit that failed.",
		func() float64 { return float64(bus.Failed()) })
	m.Gauge("sockets_open", "Sockets that are open on this node.",
		func() float64 { return float64(modules.notifications.Sockets()) })
	m.Gauge("identity_watch_age_seconds", "How old what this node knows of ended sessions may be: at 0.9 it is not used.",
		func() float64 { return modules.identity.WatchAge().Seconds() })
}

// metricsServer is a part that serves the metrics on an address of their own.
func metricsServer(address string, m *telemetry.Metrics, log *slog.Logger) part {
	return part{name: "metrics", run: func(ctx context.Context) error {
		listener, err := listen("METRICS_ADDR", address)
		if err != nil {
			return err
		}
		log.InfoContext(ctx, "serving metrics and profiles", "address", listener.Addr().(*net.TCPAddr).String())
		return telemetry.Serve(ctx, listener, m.Handler(), log)
	}}
}
