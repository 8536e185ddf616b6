package application

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/precondition"
)

// The same promises as in proof_test.go where everything happens at once: many act on the sessions of two users, and
// afterwards the history of what they asked and were told is looked at.
func TestNoSessionBreaksWhenAllIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"all within the grace": time.Hour, "without a grace": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *database.DB) {
				c := newCrowd(t, db, grace)
				c.run(8, 40)
				c.lastAct()
				c.checkHistory()
				c.checkRows()
				c.checkTokens()
			})
		})
	}
}

// crowd is many who act at once, and what came of it.
type crowd struct {
	*ground
	grace  time.Duration
	moment atomic.Int64 // orders the beginnings and ends of all acts

	mu       sync.Mutex
	members  []*member
	sessions map[ids.ID]*crowdSession
	order    []*crowdSession
}

type member struct {
	auth.Principal
	email    string
	mu       sync.Mutex // of the two below
	password string
	renaming sync.Mutex // one deactivation at a time, and the activation after it
	mailing  sync.Mutex // one reset at a time: with the next token, whose password was the last would not be known
}

// crowdSession is what is known of a session. Moments are 0 until they came.
type crowdSession struct {
	id       ids.ID
	owner    *member
	password string // with which it was opened, or to which it changed it
	opened   int64  // when the login was answered
	dead     int64  // when an act that ends it was answered, the first
	refresh  []string
	access   []string
	accepted []exchange
}

// exchange is a refresh that was answered with tokens.
type exchange struct {
	presented, got string
	began          int64
}

func newCrowd(t *testing.T, db *database.DB, grace time.Duration) *crowd {
	c := &crowd{
		ground: newGround(t, db, func(p *Policy) { p.RefreshGrace = grace }),
		grace:  grace, sessions: map[ids.ID]*crowdSession{},
	}
	for range 2 {
		c.members = append(c.members, &member{
			Principal: c.join(), email: fmt.Sprintf("user%d@example.com", c.users), password: firstPassword,
		})
	}
	for _, m := range c.members {
		for range 2 {
			c.login(m)
		}
	}
	return c
}

func (c *crowd) run(workers, acts int) {
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), rand.Uint64()))
			for range acts {
				c.act(r)
			}
		})
	}
	running.Wait()
}

func (c *crowd) act(r *rand.Rand) {
	s := c.any(r)
	who := auth.Principal{UserID: s.owner.UserID, SessionID: s.id, Role: auth.RoleUser}
	switch n := r.IntN(100); {
	case n < 80:
		c.refresh(r, s)
	case n < 90:
		c.login(c.members[r.IntN(len(c.members))])
	case n < 92:
		c.ends(func() error { return c.service.Logout(c.t.Context(), s.id) }, func(o *crowdSession) bool { return o == s })
	case n < 94:
		c.ends(func() error { return c.service.EndSession(c.t.Context(), admin, s.id) },
			func(o *crowdSession) bool { return o == s })
	case n < 96:
		c.ends(func() error { return c.service.LogoutAll(c.t.Context(), who) },
			func(o *crowdSession) bool { return o.owner == s.owner })
	case n < 97:
		c.changePassword(s, who)
	case n < 98:
		c.resetPassword(s.owner)
	default:
		c.deactivate(s.owner)
	}
}

// any returns a session, mostly one that is alive as far as is known.
func (c *crowd) any(r *rand.Rand) *crowdSession {
	c.mu.Lock()
	defer c.mu.Unlock()
	var alive []*crowdSession
	for _, s := range c.order {
		if s.dead == 0 {
			alive = append(alive, s)
		}
	}
	if len(alive) == 0 || r.IntN(5) == 0 {
		return c.order[r.IntN(len(c.order))]
	}
	return alive[r.IntN(len(alive))]
}

// allowed fails the test unless an error is one that a client may get.
func (c *crowd) allowed(err error) {
	kind := errs.KindOf(err)
	if err != nil && kind != errs.Unauthenticated && kind != errs.Invalid && kind != errs.NotFound &&
		kind != errs.Forbidden && kind != errs.Unavailable {
		c.t.Errorf("an error that no client should get: %v", err)
	}
}

func (c *crowd) login(m *member) {
	m.mu.Lock()
	password := m.password
	m.mu.Unlock()
	g, err := c.service.Login(c.t.Context(), m.email, password, domain.Device{})
	c.allowed(err)
	if err != nil {
		return
	}
	p, err := c.service.tokens.ReadAccess(g.AccessToken)
	if err != nil {
		c.t.Errorf("its own token: %v", err)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &crowdSession{
		id: p.SessionID, owner: m, password: password, opened: c.moment.Add(1), refresh: []string{g.RefreshToken}, access: []string{g.AccessToken},
	}
	c.sessions[s.id] = s
	c.order = append(c.order, s)
}

// refresh presents a token of the session, mostly the newest.
func (c *crowd) refresh(r *rand.Rand, s *crowdSession) {
	c.mu.Lock()
	presented := s.refresh[max(0, len(s.refresh)-1-r.IntN(3)*r.IntN(3))]
	c.mu.Unlock()
	began := c.moment.Add(1)
	g, err := c.service.Refresh(c.t.Context(), presented)
	c.allowed(err)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.accepted = append(s.accepted, exchange{presented, g.RefreshToken, began})
	s.access = append(s.access, g.AccessToken)
	if !slices.Contains(s.refresh, g.RefreshToken) {
		s.refresh = append(s.refresh, g.RefreshToken)
	}
}

// ends does what ends the sessions that are concerned, of those that were there before it began.
func (c *crowd) ends(do func() error, concerns func(*crowdSession) bool) {
	began := c.moment.Add(1)
	err := do()
	c.allowed(err)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	done := c.moment.Add(1)
	for _, s := range c.order {
		if s.opened < began && s.dead == 0 && concerns(s) {
			s.dead = done
		}
	}
}

func (c *crowd) changePassword(s *crowdSession, who auth.Principal) {
	m := s.owner
	m.mu.Lock()
	current := m.password
	m.mu.Unlock()
	next := "password " + ids.New().String()
	c.ends(func() error {
		err := c.service.ChangePassword(c.t.Context(), who, current, next)
		if err == nil {
			m.mu.Lock()
			m.password, s.password = next, next
			m.mu.Unlock()
		}
		return err
	}, func(o *crowdSession) bool { return o.owner == m && o != s })
}

// resetPassword asks for a token by mail, if the user may have one more, and uses it twice at once.
func (c *crowd) resetPassword(m *member) {
	m.mailing.Lock()
	defer m.mailing.Unlock()
	c.allowed(c.service.ForgotPassword(c.t.Context(), m.email))
	for job, there := c.post.take(0); there; job, there = c.post.take(0) {
		c.allowed(c.post.do(c.t.Context(), job))
	}
	token := c.post.lastTo(m.email, letter(domain.Mail{Kind: domain.ResetPassword}, "", "").Subject)
	if token == "" {
		return
	}
	c.ends(func() error {
		var both sync.WaitGroup
		var failed [2]error
		for i := range failed {
			both.Go(func() {
				next := "password " + ids.New().String()
				failed[i] = c.service.ResetPassword(c.t.Context(), token, next)
				c.allowed(failed[i])
				if failed[i] == nil {
					c.resets.Add(1)
					m.mu.Lock()
					m.password = next
					m.mu.Unlock()
				}
			})
		}
		both.Wait()
		if failed[0] == nil && failed[1] == nil {
			c.t.Error("one token resets a password twice")
		}
		if failed[0] == nil {
			return nil
		}
		return failed[1]
	}, func(o *crowdSession) bool { return o.owner == m })
}

func (c *crowd) deactivate(m *member) {
	m.renaming.Lock()
	defer m.renaming.Unlock()
	for _, active := range []bool{false, true} {
		change, err := domain.NewUserChange(nil, nil, &active)
		c.allowed(err)
		set := func() error {
			_, err := c.service.change(c.t.Context(), auth.Principal{}, m.UserID, change, precondition.If{})
			return err
		}
		c.ends(set, func(o *crowdSession) bool { return !active && o.owner == m })
	}
}

// lastAct deactivates a user, and resets the password of another one, at the very moment at which they are logged in:
// whoever is first, nothing is alive afterwards of the one, and nothing of the old password of the other.
func (c *crowd) lastAct() {
	gone, forgetful := c.members[0], c.members[1]
	var running sync.WaitGroup
	for range 6 {
		running.Go(func() { c.login(gone) })
		running.Go(func() { c.login(forgetful) })
	}
	running.Go(func() { c.resetPassword(forgetful) })
	running.Go(func() {
		inactive := false
		change, err := domain.NewUserChange(nil, nil, &inactive)
		if err == nil {
			_, err = c.service.change(c.t.Context(), auth.Principal{}, gone.UserID, change, precondition.If{})
		}
		if err != nil {
			c.t.Errorf("deactivate: %v", err)
		}
	})
	running.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.order {
		if s.owner == gone && s.dead == 0 {
			s.dead = c.moment.Add(1)
		}
	}
}

// checkHistory looks at what clients were told.
func (c *crowd) checkHistory() {
	exchanges := 0
	for _, s := range c.order {
		texts := map[int64]string{}
		successors := map[string]map[string]bool{}
		for _, e := range s.accepted {
			exchanges++
			require.False(c.t, s.dead != 0 && e.began > s.dead, "a token was exchanged after its session had ended")
			got, err := c.service.tokens.ReadRefresh(e.got)
			require.NoError(c.t, err)
			require.Equal(c.t, s.id, got.SessionID)
			if text, known := texts[got.Generation]; known {
				require.Equal(c.t, text, e.got, "two tokens of one generation")
			}
			texts[got.Generation] = e.got
			if successors[e.presented] == nil {
				successors[e.presented] = map[string]bool{}
			}
			require.True(c.t, c.grace > 0 || len(successors[e.presented]) == 0, "a token was exchanged twice")
			successors[e.presented][e.got] = true
		}
	}
	require.NotZero(c.t, exchanges)
	c.t.Logf("%d sessions, %d refreshes answered with tokens, %d passwords reset", len(c.order), exchanges, c.resets.Load())
}

// checkRows looks at what is kept.
func (c *crowd) checkRows() {
	var rows []row
	require.NoError(c.t, c.db.Conn(c.t.Context()).Raw(`SELECT s.id, s.end_reason, s.generation,
			count(r.generation) AS tokens, min(r.generation) AS first,
			count(CASE WHEN r.consumed_at IS NULL THEN 1 END) AS live,
			max(CASE WHEN r.consumed_at IS NULL THEN r.generation END) AS live_generation
		FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
		GROUP BY s.id, s.end_reason, s.generation`).Scan(&rows).Error)
	require.Len(c.t, rows, len(c.order))
	reasons := map[string]int{}
	for _, r := range rows {
		s := c.sessions[r.ID]
		require.Equal(c.t, 1, r.Live, "live successors")
		require.Equal(c.t, r.Generation, r.LiveGeneration)
		require.Equal(c.t, r.Generation, r.Tokens-r.First+1, "the chain has no gap")
		require.True(c.t, s.dead == 0 || r.EndReason != "", "a session that was ended lives")
		require.False(c.t, c.grace > 0 && r.EndReason == events.SessionReplay, "a good client was logged out")
		if r.EndReason == "" {
			require.Empty(c.t, c.endings(r.ID))
			require.Equal(c.t, s.owner.password, s.password, "a session of a password that was changed lives")
		} else {
			require.Equal(c.t, []string{r.EndReason}, c.endings(r.ID))
			s.dead = max(s.dead, 1)
		}
		reasons[r.EndReason]++
	}
	c.t.Logf("sessions by their end: %v", reasons)
}

// checkTokens presents everything once more.
func (c *crowd) checkTokens() {
	require.NoError(c.t, c.follow())
	for _, s := range c.order {
		for name, node := range c.nodes {
			for _, token := range s.access {
				_, err := node.Authenticate(c.t.Context(), token)
				require.Equal(c.t, s.dead != 0, errors.Is(err, auth.ErrTokenRevoked), "%s: %v", name, err)
				require.True(c.t, s.dead != 0 || err == nil, "%s: %v", name, err)
			}
		}
		if s.dead != 0 {
			for _, token := range s.refresh {
				_, err := c.service.Refresh(c.t.Context(), token)
				require.ErrorIs(c.t, err, auth.ErrTokenRevoked)
			}
			continue
		}
		_, err := c.service.Refresh(c.t.Context(), s.refresh[len(s.refresh)-1])
		require.NoError(c.t, err, "the live token of a session that lives")
	}
}
