// Package moduletest tests a module alone: on a real database, behind a real HTTP server, with a bus of its own, while
// the test plays all other modules.
//
//	func TestALabelIsMade(t *testing.T) {
//		t.Parallel()
//		moduletest.Each(t, func(d module.Deps) { labels.New(d) }, func(t *testing.T, w *moduletest.World) {
//			ann := w.User("Ann")                             // labels hears that she registered
//			garden := w.Project(ann)                         // and that she made a project
//			ann.Post("/api/v1/labels", label).Require(201)
//			w.ExpectEvents("labels.label_created")           // this one, and no other
//			w.Publish(moduletest.Archived(garden))           // what the projects module would say
//			ann.Post("/api/v1/labels", label).RequireProblem(409, "project_archived")
//			w.ExpectNoEvents()
//		})
//	}
//
// The handlers of an event run in a random order, see [Shuffle]. What happens between two transactions is tested with [Interleaved],
// what happens between many with [RunStress].
package moduletest

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/idempotency"
	"fasttrack/adapters/jobs"
	"fasttrack/adapters/module"
	"fasttrack/adapters/statistics"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/ids"
	"fasttrack/shared/mail"
	"fasttrack/shared/page"
)

// Start is when the clock of a [World] begins, and the time of what the kit says for other modules.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// World is one module with everything around it. A failure of what it is asked for ends the test.
type World struct {
	*httpservertest.Server // with Tokens, who knows who is logged in

	DB   *database.DB
	Bus  *eventbus.Bus
	Jobs *jobs.Queue // runs only where the test runs it, see [World.Go]

	t     testing.TB
	own   map[string]bool // the events that the module publishes
	heard map[string]bool // the events that it listens to

	mu     sync.Mutex
	events []eventbus.Event // published by the module, committed, and not yet asked for
}

// Option changes what a [World] is built of.
type Option func(*settings)

type settings struct {
	clock    clock.Clock
	log      *slog.Logger
	mail     mail.Mailer
	inOrder  bool
	assemble func(*httpserver.Server)
	proxies  []netip.Prefix
}

// InOrder runs the handlers of an event in the order in which they subscribed. It is for tests of several modules, who
// take their locks in that order.
func InOrder() Option { return func(s *settings) { s.inOrder = true } }

// WithClock sets the clock of the module and of the server. Otherwise the module's begins at [Start] and goes on by a
// second each time that it is read, and the server's is that of the machine.
func WithClock(now clock.Clock) Option { return func(s *settings) { s.clock = now } }

// WithLog sets where the module, the bus and the server log. Otherwise nobody reads it.
func WithLog(log *slog.Logger) Option { return func(s *settings) { s.log = log } }

// WithMail sets what sends mail. Otherwise there is none.
func WithMail(mailer mail.Mailer) Option { return func(s *settings) { s.mail = mailer } }

// WithServer changes the server once the module is built, and before it serves: who authenticates, for one.
func WithServer(change func(*httpserver.Server)) Option {
	return func(s *settings) { s.assemble = change }
}

// BehindProxy lets a test say where a request comes from, by X-Forwarded-For.
func BehindProxy() Option {
	return func(s *settings) { s.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }
}

// New builds a module alone on a clean database, which nothing has used yet. build calls the module's New.
func New(t testing.TB, db *database.DB, build func(d module.Deps), options ...Option) *World {
	t.Helper()
	s := settings{log: slog.New(slog.DiscardHandler), assemble: func(*httpserver.Server) {}}
	for _, option := range options {
		option(&s)
	}
	w := &World{DB: db, t: t, own: map[string]bool{}, heard: map[string]bool{}}
	wiring := []eventbus.Option{eventbus.WithTap(w.note), eventbus.WithAbsentPublishers()}
	if !s.inOrder {
		wiring = append(wiring, Shuffle(t))
	}
	w.Bus = eventbus.New(s.log, wiring...)
	db.Use(w.Bus)
	queue, err := jobs.New(db, jobs.Config{Retry: 10 * time.Millisecond}, s.log)
	require.NoError(t, err)
	w.Jobs = queue
	now := s.clock
	if now == nil {
		now = ticking()
	}
	w.Server = httpservertest.NewWith(t, httpserver.Config{Clock: s.clock, Log: s.log, TrustedProxies: s.proxies}, func(server *httpserver.Server) {
		build(module.Deps{
			DB: db, Bus: w.Bus, Broadcast: broadcast.Alone(), Jobs: queue, Mail: s.mail, API: server.API(),
			Cursors: page.NewCodec([]byte("cursors")), Keys: idempotency.New(db, now), Statistics: statistics.New(db, queue, now), Clock: now, NewID: ids.New,
			Log: s.log,
		})
		s.assemble(server)
	})
	for _, route := range w.Bus.Routes() {
		w.own[route.Event] = route.Publisher != ""
		w.heard[route.Event] = len(route.Listeners()) > 0
	}
	w.Bus.Freeze()
	return w
}

// Each runs the test on a module alone, once per database.
func Each(t *testing.T, build func(d module.Deps), test func(t *testing.T, w *World), options ...Option) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *database.DB) { test(t, New(t, db, build, options...)) })
}

// Interleaved is a module alone on PostgreSQL, with what puts two of its transactions into an order.
func Interleaved(t testing.TB, build func(d module.Deps)) (*World, *dbtest.Interleaving) {
	t.Helper()
	db := dbtest.Postgres(t)
	w := New(t, db, build) // first: its bus takes part in a unit of work before the unit is held
	return w, dbtest.Interleave(t, db)
}

// ticking returns a clock that shows another time whenever somebody looks.
func ticking() clock.Clock {
	var looks atomic.Int64
	return func() time.Time { return Start.Add(time.Duration(looks.Add(1)) * time.Second) }
}

// Go runs something until the test ends or stop is called: the module's Run, or that of the bus. It must end then, and
// without an error.
func (w *World) Go(run func(ctx context.Context) error) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			require.NoError(w.t, err)
		case <-time.After(patience):
			w.t.Error("what runs in the background does not end")
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// Statements returns what runs on the database during fn, in order; BEGIN and COMMIT are left out.
func (w *World) Statements(fn func()) []string {
	recording := w.DB.Record()
	defer recording.Stop()
	fn()
	return recording.Statements()
}

// Exec changes the database behind the module's back.
func (w *World) Exec(statement string, args ...any) {
	w.t.Helper()
	require.NoError(w.t, w.DB.Do(w.t.Context(), func(ctx context.Context) error {
		return w.DB.Conn(ctx).Exec(statement, args...).Error
	}))
}

// Number returns the number that a query gives.
func (w *World) Number(query string, args ...any) (n int64) {
	w.t.Helper()
	require.NoError(w.t, w.DB.Conn(w.t.Context()).Raw(query, args...).Scan(&n).Error)
	return n
}

// Count returns how many rows there are of what follows FROM: a table, and a condition if there is one.
func (w *World) Count(from string, args ...any) int64 {
	w.t.Helper()
	return w.Number("SELECT count(*) FROM "+from, args...)
}
