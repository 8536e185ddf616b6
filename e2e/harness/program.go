package harness

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/bootstrap"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/eventbus"
)

// Program is one running fasttrack.
type Program struct {
	*Client               // calls it as nobody
	URL     string        // http://127.0.0.1:port
	Config  config.Config // what it runs with
	Log     *Log          // what it has logged
	Events  *Events       // what it has published

	t    testing.TB
	db   *database.DB
	stop func()
}

// What every program begins with: a superuser, and the key that its tokens are signed with.
const (
	AdminEmail    = "admin@example.com"
	AdminPassword = "correct horse battery"
	SecretKey     = "only for tests, and long enough for one"
)

// Option changes what [Start] starts.
type Option func(*options)

type options struct {
	change  []func(*config.Config)
	inOrder bool
	clock   *Clock
}

// Configure changes the configuration.
func Configure(change func(*config.Config)) Option {
	return func(o *options) { o.change = append(o.change, change) }
}

// InOrder runs the handlers of one event in the order in which the program registers them, which is the order of its
// locks. Tests of contention use it: in any other order what handlers do is still right, but they may deadlock, and
// are tried again after a second.
func InOrder() Option { return func(o *options) { o.inOrder = true } }

// WithClock has a program go by a clock of the test's, see [NewClock].
func WithClock(clock *Clock) Option { return func(o *options) { o.clock = clock } }

// Each runs the test against a program on SQLite and one on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, p *Program), options ...Option) {
	t.Helper()
	EachDialect(t, func(t *testing.T, url string) { test(t, Start(t, url, options...)) })
}

// EachDialect runs the test with the address of a clean migrated database of each dialect.
func EachDialect(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			test(t, dbtest.URL(t, dialect))
		})
	}
}

// Start runs a program on a database until the test ends. Several on one PostgreSQL are the nodes of one system. The
// configuration is development's with cheap password hashes.
func Start(t testing.TB, databaseURL string, options ...Option) *Program {
	t.Helper()
	p, err := TryStart(t, databaseURL, options...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TryStart is [Start] for programs that may fail to start, and for other goroutines than the test's.
func TryStart(t testing.TB, databaseURL string, with ...Option) (*Program, error) {
	var o options
	for _, option := range with {
		option(&o)
	}
	cfg, err := config.Parse(settings(databaseURL, t.TempDir()))
	if err != nil {
		return nil, err
	}
	cfg.Outbox = t.TempDir()
	for _, change := range o.change {
		change(cfg)
	}
	p := &Program{t: t, Config: *cfg, Log: &Log{}, Events: &Events{}}
	log := slog.New(slog.NewTextHandler(p.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bus := []eventbus.Option{eventbus.WithTap(p.Events.add)}
	if !o.inOrder {
		bus = append(bus, moduletest.Shuffle(t))
	}
	wiring := []bootstrap.Option{bootstrap.WithBus(bus...)}
	if o.clock != nil {
		wiring = append(wiring, bootstrap.WithClock(o.clock.Now))
	}
	app, err := bootstrap.New(t.Context(), cfg, log, wiring...)
	if err != nil {
		return nil, fmt.Errorf("make the program: %w", err)
	}
	p.db = app.Database()
	if err := p.run(app); err != nil {
		return nil, err
	}
	p.Client, err = newClient(t, p.URL)
	return p, err
}

// settings are what every program under test runs with.
func settings(databaseURL, outbox string) map[string]string {
	return map[string]string{
		"ADDR": "127.0.0.1:0", "DATABASE_URL": databaseURL, "SECRET_KEY": SecretKey,
		"ARGON2_MEMORY_KIB": "64", "ARGON2_ITERATIONS": "1", "DB_MAX_OPEN_CONNS": "6", "DB_MIN_IDLE_CONNS": "0",
		"FIRST_SUPERUSER_EMAIL": AdminEmail, "FIRST_SUPERUSER_PASSWORD": AdminPassword, "LOG_LEVEL": "debug",
		"RATE_LIMIT_ENABLED": "false", "LOGIN_THROTTLE": "false",
		"MAIL_OUTBOX": outbox,
	}
}

// run starts the program and waits until it accepts connections.
func (p *Program) run(app *bootstrap.App) error {
	ctx, cancel := context.WithCancel(context.Background())
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(a net.Addr) { address <- a }) }()
	select {
	case a := <-address:
		p.URL = "http://" + a.String()
	case err := <-ended:
		cancel()
		return fmt.Errorf("the program ended at once: %w", err)
	}
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("the program ended with: %v", err)
		}
	})
	p.t.Cleanup(p.Stop)
	return nil
}

// Stop ends the program in order, as SIGTERM does, and waits until it has.
func (p *Program) Stop() { p.stop() }

// Record collects the SQL of the whole program, its background work included, until the recording is stopped.
func (p *Program) Record() *database.Recording { return p.db.Record() }

// Log is what a program has logged, as text.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Lines returns the lines that contain a text.
func (l *Log) Lines(text string) (found []string) {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// Events is what a program has published, in the order of the commits.
type Events struct {
	mu   sync.Mutex
	seen []eventbus.Event
}

func (e *Events) add(event eventbus.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, event)
}

// Take returns the names of the events since the last Take.
func (e *Events) Take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := make([]string, 0, len(e.seen))
	for _, event := range e.seen {
		names = append(names, event.EventName())
	}
	e.seen = nil
	return names
}

// ExpectEvents fails the test unless exactly these events were published since the last look, in any order.
func (p *Program) ExpectEvents(names ...string) {
	p.t.Helper()
	got := slices.Sorted(slices.Values(p.Events.Take()))
	want := slices.Sorted(slices.Values(names))
	if !slices.Equal(got, want) {
		p.t.Fatalf("want the events %v, got %v", want, got)
	}
}
