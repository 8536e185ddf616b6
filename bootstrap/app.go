// Package bootstrap puts the program together: it reads like a table of contents of what runs.
package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	adapterbroadcast "fasttrack/adapters/broadcast"
	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/module"
	"fasttrack/bootstrap/config"
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
	bus     *eventbus.Bus
	server  *httpserver.Server
	modules modules
	parts   []part
}

// New opens the database, brings its schema up to date if the configuration says so, and wires everything. Options
// for the bus are for tests.
func New(ctx context.Context, cfg *config.Config, log *slog.Logger, busOptions ...eventbus.Option) (*App, error) {
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
	app, err := assemble(cfg, log, db, key, busOptions)
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
	db, err := database.Open(ctx, database.Config{URL: "sqlite://" + filepath.Join(dir, "empty.db"), Log: log})
	if err != nil {
		return nil, err
	}
	app, err := assemble(cfg, log, db, "signs nothing, since nothing is served", nil)
	return app, errors.Join(err, db.Close())
}

// assemble is the composition root.
func assemble(
	cfg *config.Config, log *slog.Logger, db *database.DB, key string, busOptions []eventbus.Option,
) (*App, error) {
	bus := eventbus.New(log, busOptions...)
	db.Use(bus)
	queue, err := jobs.New(db, jobs.Config{}, log) // after the bus, whose handlers insert jobs
	if err != nil {
		return nil, err
	}
	mailer, err := newMailer(cfg, log)
	if err != nil {
		return nil, err
	}
	keys := idempotency.New(db, clock.System)
	queue.Every("idempotency.sweep", idempotency.SweepEvery, keys.Run)
	nodes := network(db, log)
	server := httpserver.New(httpserver.Config{
		Version: Version(), Environment: cfg.Environment,
		MaxBodyBytes: cfg.MaxBodyBytes, RequestTimeout: cfg.RequestTimeout,
		CORSOrigins: cfg.CORSOrigins, CSPMode: httpserver.CSPMode(cfg.CSPMode), Log: log,
	})
	modules := wire(module.Deps{
		DB: db, Bus: bus, Broadcast: nodes, Jobs: queue, Mail: mailer, API: server.API(),
		Cursors: page.NewCodec(derive(key, "cursors")), Keys: keys, Clock: clock.System, NewID: ids.New, Log: log,
	}, cfg, key)
	server.Authenticate(modules.identity.Authenticator())
	bus.Freeze()
	return &App{cfg, log, db, bus, server, modules, []part{
		{name: "broadcast", run: nodes.Run},
		{name: "identity", run: modules.identity.Run},
		{name: "jobs", run: queue.Run},
		{name: "dispatcher", run: bus.Run},
		{name: "notifications", run: modules.notifications.Run, endsWithRequests: true},
	}}, nil
}

// network is how this node and the others give each other hints. On SQLite there are no others.
func network(db *database.DB, log *slog.Logger) broadcast.Broadcaster {
	if db.Pool() == nil {
		return broadcast.Alone()
	}
	return adapterbroadcast.NewPostgres(db.Pool().Config().ConnConfig, ids.New().String(), log)
}

// OpenAPI returns the document of the API as JSON and as YAML.
func (a *App) OpenAPI() (asJSON, asYAML []byte, err error) { return a.server.OpenAPI() }

// Routes lists who publishes what, and who listens.
func (a *App) Routes() []eventbus.Route { return a.bus.Routes() }

// IsEmpty reports whether nobody has registered yet.
func (a *App) IsEmpty(ctx context.Context) (bool, error) { return a.modules.identity.IsEmpty(ctx) }

// Database returns the database, for tests that count the statements of the whole program.
func (a *App) Database() *database.DB { return a.db }

// Close releases the database of an App that is not going to run.
func (a *App) Close() error { return a.db.Close() }
