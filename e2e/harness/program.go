// Package harness runs the whole program in a test and drives it as its users do: over HTTP and sockets, knowing
// nothing but the documentation.
//
//	func TestJourney(t *testing.T) {
//		harness.Each(t, func(t *testing.T, p *harness.Program) {
//			ann := p.Register("Ann")
//			task := harness.Created[harness.Task](ann.Post("/tasks", map[string]any{"title": "Water the plants"}))
//			…
//		})
//	}
//
// Each program listens on a port of its own and has a database of its own. Every answer is held against the OpenAPI
// document that the program publishes. Handlers of one event run in a random order.
package harness

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
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
	stop func()
}

// The superuser that every program begins with.
const (
	AdminEmail    = "admin@example.com"
	AdminPassword = "correct horse battery"
)

// Each runs the test against a program on SQLite and one on PostgreSQL.
func Each(t *testing.T, test func(t *testing.T, p *Program)) {
	t.Helper()
	EachDialect(t, func(t *testing.T, url string) { test(t, Start(t, url)) })
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
// options change the configuration, which is development's with cheap password hashes.
func Start(t testing.TB, databaseURL string, options ...func(*config.Config)) *Program {
	t.Helper()
	cfg, err := config.Parse(map[string]string{
		"ADDR": "127.0.0.1:0", "DATABASE_URL": databaseURL, "SECRET_KEY": "only for tests, and long enough for one",
		"ARGON2_MEMORY_KIB": "64", "ARGON2_ITERATIONS": "1", "DB_MAX_OPEN_CONNS": "6", "DB_MIN_IDLE_CONNS": "0",
		"FIRST_SUPERUSER_EMAIL": AdminEmail, "FIRST_SUPERUSER_PASSWORD": AdminPassword, "LOG_LEVEL": "debug",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range options {
		option(cfg)
	}
	p := &Program{t: t, Config: *cfg, Log: &Log{}, Events: &Events{}}
	log := slog.New(slog.NewTextHandler(p.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	shuffle := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // an order of handlers is no secret
	app, err := bootstrap.New(t.Context(), cfg, log, eventbus.WithShuffle(shuffle), eventbus.WithTap(p.Events.add))
	if err != nil {
		t.Fatalf("start the program: %v", err)
	}
	p.run(app)
	p.Client = p.client()
	return p
}

// run starts the program and waits until it accepts connections.
func (p *Program) run(app *bootstrap.App) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	address, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- app.Run(ctx, func(a net.Addr) { address <- a }) }()
	select {
	case a := <-address:
		p.URL = "http://" + a.String()
	case err := <-ended:
		cancel()
		p.t.Fatalf("the program ended at once: %v", err)
	}
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("the program ended with: %v", err)
		}
	})
	p.t.Cleanup(p.Stop)
}

// Stop ends the program in order, as SIGTERM does, and waits until it has.
func (p *Program) Stop() { p.stop() }

func (p *Program) client() *Client {
	p.t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	p.t.Cleanup(transport.CloseIdleConnections)
	c := &Client{t: p.t, base: p.URL, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	response, err := c.http.Get(p.URL + "/openapi.json") //nolint:noctx // the client has a timeout
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var document bytes.Buffer
	if _, err := document.ReadFrom(response.Body); err != nil {
		p.t.Fatal(err)
	}
	if c.contract, err = newContract(document.Bytes()); err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Person is a user who has logged in; the embedded client calls as they.
type Person struct {
	*Client
	User
	Tokens   Tokens
	Password string
}

// Register makes a user with this display name and logs them in.
func (p *Program) Register(name string) *Person {
	p.t.Helper()
	address := strings.ToLower(name) + "-" + fmt.Sprintf("%08x", rand.Uint32()) + "@example.com"
	password := "the password of " + name
	p.Post("/auth/register", map[string]any{"email": address, "password": password, "display_name": name}).
		Wants(http.StatusCreated)
	return p.Login(address, password)
}

// Login logs a user in.
func (p *Program) Login(email, password string) *Person {
	p.t.Helper()
	tokens := Into[Tokens](p.Post("/auth/login", map[string]any{"email": email, "password": password}).
		Wants(http.StatusOK))
	c := p.With(tokens.AccessToken)
	return &Person{c, Into[User](c.Get("/users/me").Wants(http.StatusOK)), tokens, password}
}

// Admin logs the superuser in.
func (p *Program) Admin() *Person {
	p.t.Helper()
	return p.Login(AdminEmail, AdminPassword)
}

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
