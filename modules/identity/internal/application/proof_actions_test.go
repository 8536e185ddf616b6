package application

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/precondition"
)

// history is one interleaving: what is done to one account and its sessions, and what the rules make of it.
type history struct {
	*ground
	user     auth.Principal
	account  modelAccount
	sessions []*modelSession
	texts    map[string]bool // every refresh token that there was
	steps    int
}

// apart is how far interleavings are from each other in time: whatever one left behind has expired in the next.
const apart = 2*provenRefreshTTL + time.Hour

func (g *ground) begin(t *rapid.T) *history {
	t.Helper()
	g.wait(apart - g.now().Sub(g.begun)%time.Second)
	g.crash.Store(false)
	g.post.clear()
	user := g.join()
	h := &history{
		ground: g, user: user, texts: map[string]bool{},
		account: modelAccount{address: fmt.Sprintf("user%d@example.com", g.users), password: firstPassword, active: true},
	}
	h.wrote(domain.VerifyEmail)
	return h
}

// mostAlive bounds what one interleaving is about: a few sessions meet each other more often than many.
const mostAlive = 3

func (h *history) actions() map[string]func(*rapid.T) {
	counted := func(act func(*rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) {
			act(t)
			h.steps++
		}
	}
	// Earlier names are drawn more often.
	return map[string]func(*rapid.T){
		"":                   h.check,
		"client refreshes":   counted(h.refresh),
		"client's late tab":  counted(h.lateTab),
		"clock":              counted(h.timePasses),
		"login":              counted(h.login),
		"mail":               counted(h.useMail),
		"one refreshes":      counted(h.refresh),
		"somebody ends them": counted(h.endSome),
		"thief":              counted(h.steal),
	}
}

// endSome ends sessions in one of the ways that there are.
func (h *history) endSome(t *rapid.T) {
	ways := map[string]func(*rapid.T){
		"logout": h.logout, "logout by refresh token": h.logoutWith, "another session": h.endAnother,
		"by an admin": h.endByAdmin, "everywhere": h.logoutAll, "password": h.changePassword, "activation": h.toggle,
	}
	way := rapid.SampledFrom(slices.Sorted(maps.Keys(ways))).Draw(t, "way")
	ways[way](t)
}

// pick returns a session, one that is alive if the rule wants that.
func (h *history) pick(t *rapid.T, aliveOnly bool) *modelSession {
	var from, dead []int // the first are drawn more often
	for i, s := range slices.Backward(h.sessions) {
		if s.alive(h.now()) {
			from = append(from, i)
		} else {
			dead = append(dead, i)
		}
	}
	if !aliveOnly && (len(from) == 0 || rapid.IntRange(0, 7).Draw(t, "a dead one if 7") == 7) {
		from = append(dead, from...)
	}
	if len(from) == 0 {
		t.Skip("no such session")
	}
	return h.sessions[rapid.SampledFrom(from).Draw(t, "session")]
}

func (h *history) principal(s *modelSession) auth.Principal {
	return auth.Principal{UserID: h.user.UserID, SessionID: s.id, Role: auth.RoleUser}
}

var admin = auth.Principal{Role: auth.RoleAdmin}

func (h *history) login(t *rapid.T) {
	alive := 0
	for _, s := range h.sessions {
		if s.alive(h.now()) {
			alive++
		}
	}
	if alive == mostAlive {
		t.Skip("enough sessions")
	}
	g, err := h.service.Login(h.t.Context(), h.account.address, h.account.password, domain.Device{})
	if !h.account.active {
		h.require(t, errors.Is(err, domain.ErrAccountDisabled), "a deactivated user logs in: %v", err)
		return
	}
	h.require(t, err == nil, "a login fails: %v", err)
	now := h.now()
	s := &modelSession{id: h.sessionOf(t, g)}
	s.tokens = []*modelToken{{text: g.RefreshToken, expiresAt: expiry(now)}}
	s.granted(g, now)
	h.sessions = append(h.sessions, s)
	h.newText(t, g.RefreshToken)
}

// fate is what becomes of a request that the client sends.
type fate string

const (
	answered fate = "answered"
	lost     fate = "its answer is lost"
	crashes  fate = "its commit fails"
)

var fates = rapid.SampledFrom([]fate{answered, answered, answered, lost, lost, crashes})

// refresh is what a good client does: it presents the newest token that it has. If it got no answer, it does so again
// within the grace; when it was away for longer, the loss of the session is its own doing.
func (h *history) refresh(t *rapid.T) {
	s := h.pick(t, false)
	token := s.tokens[s.held]
	switch v := s.judge(token, h.now()); {
	case v == expired:
		s.excuse = "the session was not used for too long"
	case v == replayed && s.pending:
		s.excuse = "the client was away for longer than the grace"
	}
	f := fates.Draw(t, "fate")
	g, answer := h.present(t, s, s.held, f)
	switch {
	case f == lost || errors.Is(answer, errCrash):
		s.pending = true
	case answer == nil:
		s.held, s.pending = h.generation(t, s, g), false
	default:
		h.require(t, s.excuse != "", "a good client was logged out: %v", answer)
	}
}

// lateTab presents a token that the client had before: a request that was under way for long.
func (h *history) lateTab(t *rapid.T) {
	s := h.pick(t, false)
	generation := rapid.IntRange(0, s.held).Draw(t, "generation")
	if s.judge(s.tokens[generation], h.now()) == replayed {
		s.excuse = "a tab presented a token that it should not have kept"
	}
	g, answer := h.present(t, s, generation, answered)
	if answer == nil { // tabs share what they have
		s.held, s.pending = h.generation(t, s, g), false
	}
}

// steal presents any token of any session, as somebody who has seen all of them could.
func (h *history) steal(t *rapid.T) {
	s := h.pick(t, false)
	s.excuse = "its tokens were stolen"
	_, _ = h.present(t, s, rapid.IntRange(0, len(s.tokens)-1).Draw(t, "generation"), answered)
}

// present presents a token and holds what comes of it against the rules.
func (h *history) present(t *rapid.T, s *modelSession, generation int, f fate) (Grant, error) {
	now := h.now()
	token := s.tokens[generation]
	v := s.judge(token, now)
	h.verdicts[v].Add(1)
	h.crash.Store(f == crashes)
	g, err := h.service.Refresh(h.t.Context(), token.text)
	if !h.crash.Swap(false) && f == crashes {
		h.require(t, errors.Is(err, errCrash), "an answer in spite of a crash: %v", err)
		return Grant{}, errCrash
	}
	h.require(t, same(err, v.refuses()), "generation %d: want %v, got %v", generation+1, v.refuses(), err)
	switch v {
	case rotates:
		token.consumedAt = &now
		s.tokens = append(s.tokens, &modelToken{text: g.RefreshToken, expiresAt: expiry(now)})
		h.newText(t, g.RefreshToken)
		s.granted(g, now)
	case repeats:
		h.require(t, g.RefreshToken == s.live().text, "a repetition gives another token than the live one")
		s.granted(g, now)
	case replayed:
		s.endReason = events.SessionReplay
		h.require(t, h.audited(t, domain.AuditRefreshReplay, s) == 1, "the replay is not in the audit log")
	case expired, revoked:
	}
	return g, err
}

func (h *history) logout(t *rapid.T) {
	s := h.pick(t, true)
	h.orCrash(t, func() error { return h.service.Logout(h.t.Context(), s.id) },
		func() { s.end(events.SessionLogout, "logout", h.now()) })
}

// logoutWith logs out by any refresh token of a session, an old one included.
func (h *history) logoutWith(t *rapid.T) {
	s := h.pick(t, false)
	token := s.tokens[rapid.IntRange(0, len(s.tokens)-1).Draw(t, "generation")]
	err := h.service.LogoutWith(h.t.Context(), token.text)
	if !h.now().Before(token.expiresAt) {
		h.require(t, errors.Is(err, auth.ErrTokenExpired), "an expired token logs out: %v", err)
		return
	}
	h.require(t, err == nil, "a logout fails: %v", err)
	s.end(events.SessionLogout, "logout", h.now())
}

func (h *history) endAnother(t *rapid.T) {
	s, other := h.pick(t, true), h.pick(t, true)
	h.orCrash(t, func() error { return h.service.EndMySession(h.t.Context(), h.principal(s), other.id) },
		func() { other.end(events.SessionLogout, "ended by its user", h.now()) })
}

func (h *history) endByAdmin(t *rapid.T) {
	s := h.pick(t, true)
	h.orCrash(t, func() error { return h.service.EndSession(h.t.Context(), admin, s.id) },
		func() { s.end(events.SessionAdmin, "ended by an admin", h.now()) })
}

func (h *history) logoutAll(t *rapid.T) {
	s := h.pick(t, true)
	h.orCrash(t, func() error { return h.service.LogoutAll(h.t.Context(), h.principal(s)) },
		func() { h.endAll(nil, events.SessionLogout, "logout everywhere") })
}

func (h *history) changePassword(t *rapid.T) {
	s := h.pick(t, true)
	next := h.anotherPassword()
	h.orCrash(t, func() error {
		return h.service.ChangePassword(h.t.Context(), h.principal(s), h.account.password, next)
	}, func() {
		h.account.replacePassword(next)
		h.endAll(s, events.SessionPassword, "the password was changed")
	})
}

func (h *history) toggle(t *rapid.T) {
	active := !h.account.active
	change, err := domain.NewUserChange(nil, nil, &active)
	h.require(t, err == nil, "%v", err)
	h.orCrash(t, func() error {
		_, err := h.service.change(h.t.Context(), auth.Principal{}, h.user.UserID, change, precondition.If{})
		return err
	}, func() {
		h.account.active = active
		if !active {
			h.endAll(nil, events.SessionDeactivated, "deactivated")
		}
	})
}

// endAll ends every session but one.
func (h *history) endAll(spared *modelSession, reason, excuse string) {
	for _, s := range h.sessions {
		if s != spared {
			s.end(reason, excuse, h.now())
		}
	}
}

// orCrash does something whose commit fails now and then; only if it does not, it happened.
func (h *history) orCrash(t *rapid.T, do func() error, happened func()) {
	fails := rapid.IntRange(0, 4).Draw(t, "the commit fails if 0") == 0
	h.crash.Store(fails)
	err := do()
	h.crash.Store(false)
	if fails {
		h.require(t, errors.Is(err, errCrash), "an answer in spite of a crash: %v", err)
		return
	}
	h.require(t, err == nil, "it fails: %v", err)
	happened()
}

func (h *history) timePasses(t *rapid.T) {
	times := []time.Duration{
		3 * time.Second, provenGrace, provenGrace + time.Microsecond, provenGrace - time.Microsecond, 400 * time.Millisecond,
		time.Microsecond, time.Minute, provenAccessTTL,
	}
	if rapid.IntRange(0, 9).Draw(t, "long if 9") == 9 {
		times = []time.Duration{provenRefreshTTL / 2, provenRefreshTTL - time.Second, provenRefreshTTL}
	}
	h.wait(rapid.SampledFrom(times).Draw(t, "for"))
}

// expiry is when a refresh token that is issued now expires.
func expiry(now time.Time) time.Time { return now.Add(provenRefreshTTL).Truncate(time.Second) }
