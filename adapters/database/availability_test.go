package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/shared/errs"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

func ping(ctx context.Context, db *database.DB) error {
	return db.Conn(ctx).Raw("SELECT 1").Scan(new(int)).Error
}

// holdAll takes every connection that a unit of work could get, until the returned function is called.
func holdAll(t *testing.T, db *database.DB, n int) (release func()) {
	t.Helper()
	held, done := make(chan struct{}), make(chan struct{})
	var group errgroup.Group
	for range n {
		group.Go(func() error {
			return db.Do(context.Background(), func(context.Context) error {
				held <- struct{}{}
				<-done
				return nil
			})
		})
	}
	for range n {
		select {
		case <-held:
		case <-time.After(patience):
			t.Fatal("no connection")
		}
	}
	return sync.OnceFunc(func() {
		close(done)
		require.NoError(t, group.Wait())
	})
}

func TestWaitingForAConnectionIsBounded(t *testing.T) {
	t.Parallel()
	const bound = time.Second // opening is bounded by it as well
	for dialect, connections := range map[database.Dialect]int{database.SQLite: 1, database.Postgres: 2} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, dbtest.URL(t, dialect), func(c *database.Config) {
				c.MaxOpenConns, c.AcquireTimeout = 2, bound
			})
			release := holdAll(t, db, connections)
			defer release()
			nothing := func(context.Context) error { panic("there is no connection for this") }

			start := time.Now()
			requireUnavailable(t, db.Do(t.Context(), nothing))
			require.GreaterOrEqual(t, time.Since(start), bound)
			require.Less(t, time.Since(start), bound+patience/4)
			if dialect == database.Postgres { // SQLite has readers beside its writer
				requireUnavailable(t, ping(t.Context(), db))
				requireUnavailable(t, db.Ping(t.Context()))
			}
			short, cancel := context.WithTimeout(t.Context(), bound/10)
			defer cancel()
			requireUnavailable(t, db.Do(short, nothing))
			gone, hangUp := context.WithCancel(t.Context())
			hangUp()
			require.ErrorIs(t, db.Do(gone, nothing), context.Canceled, "nobody is there to be told")

			release()
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return ping(ctx, db) }))
		})
	}
}

func TestSQLitesReadersAreBoundedToo(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t, database.SQLite), func(c *database.Config) {
		c.MaxOpenConns, c.AcquireTimeout = 2, time.Second // one writer, one reader
	})
	rows, err := db.Conn(t.Context()).Raw("SELECT 1 UNION SELECT 2").Rows()
	require.NoError(t, err)
	requireUnavailable(t, ping(t.Context(), db))
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return ping(ctx, db) }))
	require.NoError(t, rows.Close())
	require.NoError(t, rows.Err())
	require.NoError(t, ping(t.Context(), db))
}

// A request that reads, then writes with reads in between, never holds one connection while it waits for another.
func TestARequestTakesOneConnection(t *testing.T) {
	t.Parallel()
	for _, dialect := range []database.Dialect{database.SQLite, database.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, dbtest.URL(t, dialect), func(c *database.Config) { c.MaxOpenConns = 2 })
			createNotes(t, db)
			var group errgroup.Group
			for i := range 20 {
				group.Go(func() error {
					if err := ping(t.Context(), db); err != nil {
						return err
					}
					return db.Do(t.Context(), func(ctx context.Context) error {
						if err := ping(ctx, db); err != nil {
							return err
						}
						return db.Do(ctx, addNote(db, fmt.Sprint(i)))
					})
				})
			}
			require.NoError(t, group.Wait())
			require.Len(t, titles(t, db), 20)
			requireNoConnectionInUse(t, db)
		})
	}
}

func requireNoConnectionInUse(t *testing.T, db *database.DB) {
	t.Helper()
	require.Zero(t, db.SQL().Stats().InUse)
	if db.Pool() != nil {
		require.Zero(t, db.Pool().Stat().AcquiredConns())
	}
}

func TestFiftyWritersAndReadersOnSQLite(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	createNotes(t, db)
	const writers, each = 50, 10
	var writing, reading errgroup.Group
	done := make(chan struct{})
	var reads atomic.Int64
	for range 8 {
		reading.Go(func() error {
			for {
				select {
				case <-done:
					return nil
				default:
				}
				if err := db.Conn(context.Background()).Table("notes").Count(new(int64)).Error; err != nil {
					return err
				}
				reads.Add(1)
			}
		})
	}
	for range writers {
		writing.Go(func() error {
			for range each {
				err := db.Do(context.Background(), func(ctx context.Context) error {
					// Reading first is what makes a deferred transaction fail when it then writes.
					if err := db.Conn(ctx).Table("notes").Count(new(int64)).Error; err != nil {
						return err
					}
					return addNote(db, "x")(ctx)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, writing.Wait())
	close(done)
	require.NoError(t, reading.Wait())
	require.Len(t, titles(t, db), writers*each)
	require.Positive(t, reads.Load())
	requireNoConnectionInUse(t, db)
}

// Another process that holds the lock makes a unit wait, within the same bound.
func TestAForeignWriterOnSQLiteIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t, database.SQLite)
	quick := func(c *database.Config) { c.AcquireTimeout = 100 * time.Millisecond }
	ours, theirs := dbtest.Open(t, address, quick), dbtest.Open(t, address, quick)
	release := holdAll(t, theirs, 1)
	defer release()
	require.NoError(t, ping(t.Context(), ours), "readers do not wait")
	start := time.Now()
	requireUnavailable(t, ours.Do(t.Context(), func(context.Context) error { return nil }))
	require.Less(t, time.Since(start), patience/4)
	release()
	require.NoError(t, ours.Do(t.Context(), func(context.Context) error { return nil }))
}

func TestEndedSessionsAreUnavailableAndReplaced(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t, database.Postgres)
	db, killer := dbtest.Open(t, address), dbtest.Open(t, address)
	kill := func() {
		require.NoError(t, killer.Conn(t.Context()).Raw(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(new(int)).Error)
	}
	attempts := 0
	requireUnavailable(t, db.Do(t.Context(), func(ctx context.Context) error {
		attempts++
		kill()
		return ping(ctx, db)
	}))
	require.Equal(t, 1, attempts, "a lost connection is no lost race: it is for the client to try again")
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return ping(ctx, db) }))
	kill()
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error { return ping(ctx, db) }),
		"a connection that died while it was idle is replaced")
	requireNoConnectionInUse(t, db)
}

func TestTooManyConnectionsAreUnavailable(t *testing.T) {
	t.Parallel()
	address := dbtest.URL(t, database.Postgres)
	first := dbtest.Open(t, address, func(c *database.Config) { c.MaxOpenConns = 1 })
	require.NoError(t, first.Do(t.Context(), func(ctx context.Context) error {
		return first.Conn(ctx).Exec(`DO $$ BEGIN
			EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 1', current_database()); END $$`).Error
	}))
	release := holdAll(t, first, 1)
	defer release()
	_, err := database.Open(t.Context(), database.Config{URL: address})
	requireUnavailable(t, err)
}

// What a network and a server can do to the connections, done by a proxy between the two.
func TestADatabaseThatGoesAwayComesBack(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, dbtest.URL(t, database.Postgres))
	db := dbtest.Open(t, proxy.url)
	createNotes(t, db)
	var group errgroup.Group
	var during, after atomic.Int64
	stop := make(chan struct{})
	for range 8 { // under load
		group.Go(func() error {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return nil
				default:
				}
				err := ping(context.Background(), db)
				if i%2 == 0 {
					err = db.Do(context.Background(), addNote(db, "x"))
				}
				switch {
				case err == nil:
					after.Add(1)
				case isUnavailable(err):
					during.Add(1)
				default:
					return fmt.Errorf("not a 503: %w", err)
				}
			}
		})
	}
	proxy.cut()
	eventually(t, func() bool { return during.Load() > 20 })
	proxy.mend()
	back := time.Now()
	after.Store(0)
	eventually(t, func() bool { return after.Load() > 20 })
	t.Logf("back by itself after %s", time.Since(back))
	close(stop)
	require.NoError(t, group.Wait())
	requireNoConnectionInUse(t, db)
}

func isUnavailable(err error) bool { return errors.Is(err, database.ErrUnavailable) }

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 5*time.Millisecond)
}

// proxy passes bytes between clients and a server until it is cut.
type proxy struct {
	url    string
	target string
	listen net.Listener
	mu     sync.Mutex
	open   map[net.Conn]bool
	dead   bool
	tasks  sync.WaitGroup
}

func newProxy(t *testing.T, address string) *proxy {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{target: target.Host, listen: listener, open: map[net.Conn]bool{}}
	target.Host = listener.Addr().String()
	p.url = target.String()
	p.tasks.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.tasks.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.tasks.Go(func() { p.pass(client) })
	}
}

func (p *proxy) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	if p.dead {
		p.mu.Unlock()
		return
	}
	p.open[client], p.open[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		})
	}
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, client)
	delete(p.open, server)
}

// cut ends every connection and every new one at once.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	for c := range p.open {
		_ = c.Close()
	}
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = false
}

// The rule: a connection that breaks, before a statement or under it, is a 503 whichever way GORM is asked.
func TestABrokenConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t, database.Postgres)
	db, killer := dbtest.Open(t, url), dbtest.Open(t, url)
	var one int
	for read, ask := range map[string]func(query string) error{
		"scan": func(query string) error { return db.Conn(t.Context()).Raw(query).Scan(&one).Error },
		"find": func(query string) error { return db.Conn(t.Context()).Raw(query).Find(&one).Error },
	} {
		err := ask("SELECT 1 FROM (SELECT pg_terminate_backend(pg_backend_pid())) AS suicide")
		require.Equal(t, errs.Unavailable, errs.KindOf(err), "%s: %v", read, err)

		require.Eventually(t, func() bool { return ask("SELECT 1") == nil }, patience, time.Millisecond)
		var killed int
		require.NoError(t, killer.Conn(t.Context()).Raw(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&killed).Error)
		require.Positive(t, killed)
		if err := ask("SELECT 1"); err != nil { // unless the pool has noticed in time
			require.Equal(t, errs.Unavailable, errs.KindOf(err), "%s: %v", read, err)
		}
	}
}
