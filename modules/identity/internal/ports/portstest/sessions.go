package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Sessions is the contract of ports.Sessions.
func Sessions(t *testing.T, s Stores) {
	t.Run("what is opened is locked as it was", s.sessionIsLocked)
	t.Run("a rotation is kept", s.sessionIsRotated)
	t.Run("an end is kept", s.sessionIsEnded)
	t.Run("all live sessions of one user end together", s.allSessionsEnd)
	t.Run("live sessions are listed", s.liveSessionsAreListed)
	t.Run("sessions of all users are listed", s.allSessionsAreListed)
	t.Run("what a session is worth", s.standing)
}

func (s Stores) sessionIsLocked(t *testing.T) {
	u := s.add(t, "lock@example.com", auth.RoleAdmin)
	session, token := s.open(t, u.State().ID, clock.System())
	s.do(t, func(ctx context.Context) error {
		locked, err := s.Sessions.Lock(ctx, session.State().ID)
		require.NoError(t, err)
		require.Equal(t, session.State(), locked.Session.State())
		require.Equal(t, auth.RoleAdmin, locked.Role)
		require.WithinDuration(t, time.Now(), locked.Now, 10*time.Second)
		require.Equal(t, clock.Normal(locked.Now), locked.Now)

		tokens, err := s.Sessions.Tokens(ctx, session.State().ID, 1, 1, 2)
		require.NoError(t, err)
		require.Equal(t, map[int64]domain.RefreshToken{1: token}, tokens)
		tokens, err = s.Sessions.Tokens(ctx, ids.New(), 1)
		require.NoError(t, err)
		require.Empty(t, tokens)

		_, err = s.Sessions.Lock(ctx, ids.New())
		require.ErrorIs(t, err, domain.ErrNoSession)
		return nil
	})
}

func (s Stores) sessionIsRotated(t *testing.T) {
	u := s.add(t, "rotate@example.com", auth.RoleUser)
	session, first := s.open(t, u.State().ID, clock.System())
	at := clock.System().Add(2 * time.Minute)
	session.Rotate(time.Hour, at)
	first.ConsumedAt = &at
	second := session.LiveToken("other", []byte("hash"), at)
	s.do(t, func(ctx context.Context) error { return s.Sessions.Rotate(ctx, session, first, second) })
	s.do(t, func(ctx context.Context) error {
		locked, err := s.Sessions.Lock(ctx, session.State().ID)
		require.NoError(t, err)
		require.Equal(t, session.State(), locked.Session.State())
		tokens, err := s.Sessions.Tokens(ctx, session.State().ID, 1, 2)
		require.Equal(t, map[int64]domain.RefreshToken{1: first, 2: second}, tokens)
		return err
	})
}

func (s Stores) sessionIsEnded(t *testing.T) {
	u := s.add(t, "end@example.com", auth.RoleUser)
	session, _ := s.open(t, u.State().ID, clock.System())
	session.End("logout", clock.System())
	s.do(t, func(ctx context.Context) error { return s.Sessions.End(ctx, session) })
	s.do(t, func(ctx context.Context) error {
		locked, err := s.Sessions.Lock(ctx, session.State().ID)
		require.Equal(t, session.State(), locked.Session.State())
		return err
	})
}

func (s Stores) allSessionsEnd(t *testing.T) {
	u, other := s.add(t, "all@example.com", auth.RoleUser), s.add(t, "others@example.com", auth.RoleUser)
	one, _ := s.open(t, u.State().ID, clock.System())
	two, _ := s.open(t, u.State().ID, clock.System())
	s.open(t, u.State().ID, clock.System().Add(-2*time.Hour)) // expired
	spared, _ := s.open(t, u.State().ID, clock.System())
	gone, _ := s.open(t, u.State().ID, clock.System())
	foreign, _ := s.open(t, other.State().ID, clock.System())
	gone.End("logout", clock.System())
	s.do(t, func(ctx context.Context) error { return s.Sessions.End(ctx, gone) })

	s.do(t, func(ctx context.Context) error {
		ended, at, err := s.Sessions.EndAll(ctx, u.State().ID, spared.State().ID, "deactivated")
		require.NoError(t, err)
		require.ElementsMatch(t, []ids.ID{one.State().ID, two.State().ID}, ended)
		require.WithinDuration(t, time.Now(), at, 10*time.Second)
		locked, err := s.Sessions.Lock(ctx, one.State().ID)
		require.NoError(t, err)
		require.Equal(t, at, *locked.Session.State().EndedAt)
		require.Equal(t, "deactivated", locked.Session.State().EndReason)
		locked, err = s.Sessions.Lock(ctx, gone.State().ID)
		require.NoError(t, err)
		require.Equal(t, "logout", locked.Session.State().EndReason)
		locked, err = s.Sessions.Lock(ctx, foreign.State().ID)
		require.NoError(t, err)
		require.Nil(t, locked.Session.State().EndedAt)

		ended, _, err = s.Sessions.EndAll(ctx, u.State().ID, spared.State().ID, "deactivated")
		require.NoError(t, err)
		require.Empty(t, ended)
		ended, _, err = s.Sessions.EndAll(ctx, u.State().ID, ids.Nil, "deactivated")
		require.Equal(t, []ids.ID{spared.State().ID}, ended)
		return err
	})
}

func (s Stores) liveSessionsAreListed(t *testing.T) {
	u, other := s.add(t, "list@example.com", auth.RoleUser), s.add(t, "unlisted@example.com", auth.RoleUser)
	at := clock.System()
	var want []domain.SessionState
	for i := range 3 {
		session, _ := s.open(t, u.State().ID, at.Add(time.Duration(i)*time.Millisecond))
		want = append(want, session.State())
	}
	s.open(t, other.State().ID, at)
	s.open(t, u.State().ID, at.Add(-time.Hour-time.Second)) // expired
	gone, _ := s.open(t, u.State().ID, at)
	gone.End("logout", at)
	s.do(t, func(ctx context.Context) error { return s.Sessions.End(ctx, gone) })

	var got []domain.SessionState
	request := page.Request{Limit: 2, Sort: page.Sort{Key: "created_at"}}
	for {
		p, err := s.Sessions.ListLive(t.Context(), u.State().ID, request)
		require.NoError(t, err)
		for _, session := range p.Items {
			got = append(got, session.State())
		}
		if p.Next == nil {
			break
		}
		request.After = p.Next
	}
	require.Equal(t, want, got)
}

func (s Stores) allSessionsAreListed(t *testing.T) {
	ada, bob := s.add(t, "ada.all@example.com", auth.RoleUser), s.add(t, "bob.all@example.com", auth.RoleUser)
	at := clock.System().Add(time.Minute) // after those of the other parts of this contract
	listed := func(u *domain.User, session *domain.Session, alive bool) ports.ListedSession {
		state := u.State()
		return ports.ListedSession{Session: session, Alive: alive, Email: state.Email.String(), DisplayName: state.DisplayName}
	}
	first, _ := s.open(t, ada.State().ID, at)
	second, _ := s.open(t, bob.State().ID, at.Add(time.Millisecond))
	gone, _ := s.open(t, ada.State().ID, at.Add(2*time.Millisecond))
	gone.End("admin", clock.System())
	s.do(t, func(ctx context.Context) error { return s.Sessions.End(ctx, gone) })
	expired, _ := s.open(t, ada.State().ID, at.Add(-2*time.Hour))
	firstOfAda, ofBob := listed(ada, first, true), listed(bob, second, true)
	goneOfAda, expiredOfAda := listed(ada, gone, false), listed(ada, expired, false)

	adaID, bobID, nobody := ada.State().ID, bob.State().ID, ids.New()
	for name, c := range map[string]struct {
		filter ports.SessionFilter
		want   []ports.ListedSession
		more   bool // sessions of others may follow
	}{
		"all, the newest first":   {ports.SessionFilter{}, []ports.ListedSession{goneOfAda, ofBob, firstOfAda}, true},
		"those that are alive":    {ports.SessionFilter{Alive: new(true)}, []ports.ListedSession{ofBob, firstOfAda}, true},
		"those that are not":      {ports.SessionFilter{Alive: new(false)}, []ports.ListedSession{goneOfAda}, true},
		"of one user":             {ports.SessionFilter{UserID: &adaID}, []ports.ListedSession{goneOfAda, firstOfAda, expiredOfAda}, false},
		"of one user, alive":      {ports.SessionFilter{UserID: &adaID, Alive: new(true)}, []ports.ListedSession{firstOfAda}, false},
		"of one user, not alive":  {ports.SessionFilter{UserID: &adaID, Alive: new(false)}, []ports.ListedSession{goneOfAda, expiredOfAda}, false},
		"of one user, none ended": {ports.SessionFilter{UserID: &bobID, Alive: new(false)}, nil, false},
		"of nobody":               {ports.SessionFilter{UserID: &nobody}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			var got []ports.ListedSession
			request := page.Request{Limit: 1, Sort: page.Sort{Key: "created_at", Desc: true}}
			for {
				p, err := s.Sessions.List(t.Context(), c.filter, request)
				require.NoError(t, err)
				got = append(got, p.Items...)
				if p.Next == nil {
					break
				}
				request.After = p.Next
			}
			if c.more {
				got = got[:len(c.want)]
			}
			require.Equal(t, c.want, got)
		})
	}
}

func (s Stores) standing(t *testing.T) {
	u := s.add(t, "standing@example.com", auth.RoleUser)
	session, _ := s.open(t, u.State().ID, clock.System())
	worth := func(id ids.ID) ports.Standing {
		standing, err := s.Sessions.Standing(t.Context(), id)
		require.NoError(t, err)
		return standing
	}
	apply := func(c domain.UserChange) {
		s.do(t, func(ctx context.Context) error {
			_, err := s.Users.Update(ctx, u.State().ID, func(u *domain.User) error { return u.Apply(c, false, clock.System()) })
			return err
		})
	}
	require.Equal(t, ports.Standing{Alive: true, Role: auth.RoleUser}, worth(session.State().ID))
	apply(change(t, nil, new("admin"), nil))
	require.Equal(t, ports.Standing{Alive: true, Role: auth.RoleAdmin}, worth(session.State().ID))
	apply(change(t, nil, new("user"), new(false)))
	require.False(t, worth(session.State().ID).Alive)
	apply(change(t, nil, nil, new(true)))
	require.True(t, worth(session.State().ID).Alive)
	session.End("logout", clock.System())
	s.do(t, func(ctx context.Context) error { return s.Sessions.End(ctx, session) })
	require.False(t, worth(session.State().ID).Alive)
	require.False(t, worth(ids.New()).Alive)
}
