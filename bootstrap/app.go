// Package bootstrap puts the program together: it reads like a table of contents of what runs.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	adapterbroadcast "fasttrack/adapters/broadcast"
	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/memory"
	"fasttrack/adapters/module"
	"fasttrack/adapters/redis"
	"fasttrack/adapters/statistics"
	"fasttrack/adapters/telemetry"
	"fasttrack/bootstrap/config"
	"fasttrack/modules/identity"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// App is the whole program, wired but not yet running.
type App struct {
	cfg     *config.Config
	log     *slog.Logger
	db      *database.DB
	redis   *redis.Client // nil where there is none
	told    telemetry.Observers
	bus     *eventbus.Bus
	server  *httpserver.Server
	modules modules
	parts   []part
}

// Option changes how a program is wired. Options are for tests.
type Option func(*wiring)

type wiring struct {
	clock clock.Clock
	bus   []eventbus.Option
}

func wiringOf(options []Option) wiring {
	w := wiring{clock: clock.System}
	for _, option := range options {
		option(&w)
	}
	return w
}

// WithClock sets what time it is for the modules and the keys of repeated requests. Deadlines of connections, rate limits
// and the pace of the background go by the machine's clock still.
func WithClock(now clock.Clock) Option { return func(w *wiring) { w.clock = now } }

// WithBus sets options of the event bus.
func WithBus(options ...eventbus.Option) Option {
	return func(w *wiring) { w.bus = append(w.bus, options...) }
}

// New opens the database, brings its schema up to date if the configuration says so, and wires everything.
func New(ctx context.Context, cfg *config.Config, log *slog.Logger, options ...Option) (*App, error) {
	log = telemetry.Log(log)
	db, err := OpenDatabase(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	ready, err := prepareSchema(ctx, cfg, db, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	key, err := secret(cfg)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	app, err := assemble(cfg, log, db, key, wiringOf(options))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	app.server.Health(httpserver.Health{Dialect: string(db.Dialect()), Ping: db.Ping, Ready: ready})
	return app, nil
}

// Describe wires everything on a database that is empty and gone at once: enough to ask an App for [App.OpenAPI] and
// [App.Routes], not to run it.
func Describe(ctx context.Context, cfg *config.Config) (*App, error) {
	dir, err := os.MkdirTemp("", "fasttrack-describe-")
	if err != nil {
		return nil, fmt.Errorf("make room for an empty database: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	log := slog.New(slog.DiscardHandler)
	alone := *cfg
	alone.RedisURL, alone.OTLPEndpoint = "", ""
	db, err := database.Open(ctx, database.Config{URL: "sqlite://" + filepath.Join(dir, "empty.db"), Log: log})
	if err != nil {
		return nil, err
	}
	app, err := assemble(&alone, log, db, "signs nothing, since nothing is served", wiringOf(nil))
	return app, errors.Join(err, db.Close())
}

// assemble is the composition root.
func assemble(
	cfg *config.Config, log *slog.Logger, db *database.DB, key string, with wiring,
) (*App, error) {
	observers, err := newObservers(cfg, log)
	if err != nil {
		return nil, err
	}
	db.Observe(observers.Statement)
	bus := eventbus.New(log, append(slices.Clone(with.bus), eventbus.WithObserver(observers.Handler))...)
	db.Use(bus)
	queue, err := jobs.New(db, jobs.Config{Observer: observers}, log) // after the bus, whose handlers insert jobs
	if err != nil {
		return nil, err
	}
	mailer, err := newMailer(cfg, log)
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(cfg, log)
	if err != nil {
		return nil, err
	}
	shared, err := openRedis(cfg)
	if err != nil {
		return nil, err
	}
	nodes := network(db, shared, log)
	repeats := idempotency.New(db, with.clock)
	queue.Every("idempotency.sweep", idempotency.SweepEvery, repeats.Run)
	counts := statistics.New(db, queue, with.clock)
	server := httpserver.New(httpserver.Config{
		Version: Version(), Environment: cfg.Environment,
		MaxBodyBytes: cfg.MaxBodyBytes, RequestTimeout: cfg.RequestTimeout,
		CORSOrigins: cfg.CORSOrigins, CSPMode: httpserver.CSPMode(cfg.CSPMode), TrustedProxies: cfg.TrustedProxies, Log: log,
	})
	observeServer(observers, server, cfg)
	modules := wire(module.Deps{
		DB: db, Bus: bus, Broadcast: nodes, Jobs: queue, Mail: mailer, API: server.API(),
		Cursors: page.NewCodec(derive(key, "cursors")), Keys: repeats, Statistics: counts, Clock: with.clock,
		NewID: ids.New, Log: log,
	}, cfg, key, keys, observers.Metrics)
	observeState(observers.Metrics, db, bus, queue, modules)
	server.Authenticate(modules.identity.Authenticator())
	if limits := newLimiter(cfg, shared, observers.Metrics, log); limits != nil {
		server.Guard(limits.Guard)
	}
	bus.Freeze()
	parts := []part{
		{name: "keys", run: followKeys(keys)},
		{name: "broadcast", run: nodes.Run},
		{name: "identity", run: modules.identity.Run},
		{name: "jobs", run: queue.Run},
		{name: "dispatcher", run: bus.Run},
		{name: "notifications", run: modules.notifications.Run, endsWithRequests: true},
		{name: "memory", run: func(ctx context.Context) error { return memory.Run(ctx, memory.Interval) }},
	}
	if cfg.MetricsAddr != "" {
		parts = append(parts, metricsServer(cfg.MetricsAddr, observers.Metrics, log))
	}
	return &App{cfg, log, db, shared, observers, bus, server, modules, parts}, nil
}

// network is how this node and the others give each other hints. On SQLite there are no others.
func network(db *database.DB, shared *redis.Client, log *slog.Logger) broadcast.Broadcaster {
	switch {
	case db.Pool() == nil:
		return broadcast.Alone()
	case shared != nil:
		return adapterbroadcast.NewRedis(shared, redisPrefix(shared), ids.New().String(), log)
	}
	return adapterbroadcast.NewPostgres(db.Pool().Config().ConnConfig, ids.New().String(), log)
}

// OpenAPI returns the document of the API as JSON and as YAML.
func (a *App) OpenAPI() (asJSON, asYAML []byte, err error) { return a.server.OpenAPI() }

// Routes lists who publishes what, and who listens.
func (a *App) Routes() []eventbus.Route { return a.bus.Routes() }

// IsEmpty reports whether nobody has registered yet.
func (a *App) IsEmpty(ctx context.Context) (bool, error) { return a.modules.identity.IsEmpty(ctx) }

// Accounts is what the command line does to accounts, while nodes run or not.
func (a *App) Accounts() *identity.Module { return a.modules.identity }

// Database returns the database, for tests that count the statements of the whole program.
func (a *App) Database() *database.DB { return a.db }

// Close releases the connections of an App that is not going to run.
func (a *App) Close() error {
	err := a.db.Close()
	if a.redis != nil {
		err = errors.Join(err, a.redis.Close())
	}
	if a.told.Tracing != nil {
		a.told.Tracing.Close() // last: what was done until now is in it
	}
	return err
}
