package application

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/modules/identity/internal/adapters/argon2hash"
	"fasttrack/modules/identity/internal/adapters/gormstore"
	"fasttrack/modules/identity/internal/adapters/jwttoken"
	"fasttrack/modules/identity/internal/adapters/mailtoken"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// The times of the proof. They are short so that a jump of the clock passes all of them now and then.
const (
	provenAccessTTL  = 5 * time.Minute
	provenRefreshTTL = time.Hour
	provenGrace      = 10 * time.Second
)

// ground is where interleavings are tried: the service on a database, and three nodes that say whether an access token
// is good. One made the changes itself, one reads them from the list, and one asks the database each time.
type ground struct {
	t         testing.TB
	db        *database.DB
	service   *Service
	following [2]*Watch
	nodes     map[string]*Authenticator
	ahead     atomic.Int64 // of the time at which the ground was made, in nanoseconds
	begun     time.Time
	crash     atomic.Bool // the next commit fails
	users     int
	post      *post
	tally

	mu    sync.Mutex
	ended map[ids.ID][]string // what events said of the ends of sessions
}

// tally counts what interleavings met: a proof that never got there would be none.
type tally struct {
	verdicts                          [replayed + 1]atomic.Int64 // of refresh tokens
	resets, verifications, deadTokens atomic.Int64               // by tokens out of mails
}

func (t *tally) add(other *tally) {
	for v := range t.verdicts {
		t.verdicts[v].Add(other.verdicts[v].Load())
	}
	t.resets.Add(other.resets.Load())
	t.verifications.Add(other.verifications.Load())
	t.deadTokens.Add(other.deadTokens.Load())
}

func newGround(t testing.TB, db *database.DB, change ...func(*Policy)) *ground {
	t.Helper()
	g := &ground{t: t, db: db, begun: clock.System().Truncate(time.Second), post: newPost(), ended: map[ids.ID][]string{}}
	log := slog.New(slog.DiscardHandler)
	bus := eventbus.New(log, eventbus.WithTap(g.note), eventbus.WithAbsentPublishers())
	eventbus.Publishes[events.UserRegistered](bus, "identity")
	eventbus.Publishes[events.UserChanged](bus, "identity")
	eventbus.Publishes[events.SessionEnded](bus, "identity")
	db.Use(bus)
	db.Use(crasher{g})

	policy := Policy{
		Password:  domain.PasswordPolicy{MinLength: 8},
		AccessTTL: provenAccessTTL, RefreshTTL: provenRefreshTTL, RefreshGrace: provenGrace,
	}
	for _, c := range change {
		c(&policy)
	}
	sessions := gormstore.NewSessions(db, g.now)
	secret := []byte("the secret key of the proof, long enough")
	tokens := jwttoken.New(jwttoken.Config{Secret: secret, AccessTTL: policy.AccessTTL}, g.now, ids.New)
	watch := func() *Watch {
		return NewWatch(gormstore.NewAccessChanges(db, g.now), db, policy.AccessTTL, g.now,
			func() time.Duration { return 0 }, broadcast.Alone(), log)
	}
	g.following = [2]*Watch{watch(), watch()}
	eventbus.BeforeCommit(bus, "identity.record_access_changes", g.following[0].Record,
		eventbus.Of[events.SessionEnded](), eventbus.Of[events.UserChanged]())
	bus.Freeze()
	g.nodes = map[string]*Authenticator{
		"the node that did it": NewAuthenticator(tokens, sessions, g.following[0]),
		"a node that follows":  NewAuthenticator(tokens, sessions, g.following[1]),
		"a node that asks":     NewAuthenticator(tokens, sessions, watch()),
	}
	g.service = New(Parts{
		Work: db, Users: gormstore.NewUsers(db, g.now), Sessions: sessions, Audit: gormstore.NewAudit(db),
		Tokens: tokens, Passwords: argon2hash.New(argon2hash.Config{MemoryKiB: 8, Iterations: 1}),
		Origin: func(context.Context) domain.Origin { return domain.Origin{} },
		Bus:    bus, Now: g.now, NewID: ids.New, Policy: policy, Log: log,
		Elapsed: func() time.Duration { return time.Duration(g.ahead.Load()) },
		Mailing: Mailing{Mails: gormstore.NewMails(db), Tokens: mailtoken.New(secret), Jobs: g.post, Mailer: g.post},
	})
	g.service.HandleJobs()
	return g
}

func (g *ground) now() time.Time { return g.begun.Add(time.Duration(g.ahead.Load())) }

func (g *ground) wait(d time.Duration) { g.ahead.Add(int64(d)) }

// follow has both nodes that remember read the list of changes. A poll gives up soon, which on a busy machine says nothing.
func (g *ground) follow() error {
	for _, w := range g.following {
		began := clock.Monotonic()
		err := w.poll(g.t.Context())
		for err != nil && clock.Monotonic()-began < time.Minute {
			err = w.poll(g.t.Context())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// note keeps what was said of the ends of sessions.
func (g *ground) note(e eventbus.Event) {
	if e, ok := e.(events.SessionEnded); ok {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.ended[e.SessionID] = append(g.ended[e.SessionID], e.Reason)
	}
}

func (g *ground) endings(session ids.ID) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ended[session]
}

var errCrash = errors.New("the database went away before the commit")

// crasher lets a commit fail, as a database that goes away does.
type crasher struct{ *ground }

// Begin implements uow.Participant.
func (crasher) Begin(ctx context.Context) context.Context { return ctx }

// BeforeCommit implements uow.Participant.
func (c crasher) BeforeCommit(context.Context) error {
	if c.crash.Swap(false) {
		return errCrash
	}
	return nil
}

// AfterCommit implements uow.Participant.
func (crasher) AfterCommit(context.Context) {}

const firstPassword = "the first password"

// join makes a user whom nothing has been done to yet. Now and then it forgets all that was before.
func (g *ground) join() auth.Principal {
	g.users++
	if g.users%500 == 0 {
		g.empty()
	}
	u, err := g.service.Register(g.t.Context(), fmt.Sprintf("user%d@example.com", g.users), firstPassword, nil)
	require.NoError(g.t, err)
	return auth.Principal{UserID: u.State().ID, Role: auth.RoleUser}
}

// empty empties the tables, so that the last interleaving takes no longer than the first.
func (g *ground) empty() {
	for _, table := range []string{"refresh_tokens", "sessions", "identity_changes", "audit_log", "identity_mails", "users"} {
		require.NoError(g.t, g.db.Do(g.t.Context(), func(ctx context.Context) error {
			return g.db.Conn(ctx).Exec("DELETE FROM " + table).Error
		}))
	}
	for _, w := range g.following {
		w.memory.forgetExpired()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.ended)
}
