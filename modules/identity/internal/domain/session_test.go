package domain

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

const (
	week  = 7 * 24 * time.Hour
	grace = 10 * time.Second
)

func openSession() (*Session, RefreshToken) {
	s := OpenSession(ids.New(), ids.New(), NewDevice("192.0.2.1", "test"), week, now)
	return s, s.LiveToken("k", []byte("hash"), now)
}

func consumed(t RefreshToken, at time.Time) RefreshToken {
	t.ConsumedAt = &at
	return t
}

func TestWhatIsDoneAboutARefreshToken(t *testing.T) {
	t.Parallel()
	s, live := openSession()
	ended, _ := openSession()
	require.True(t, ended.End("logout", now))
	for name, c := range map[string]struct {
		session *Session
		token   RefreshToken
		grace   time.Duration
		at      time.Time
		want    Verdict
	}{
		"the live one":                         {s, live, grace, now, Live},
		"the live one, at its last moment":     {s, live, grace, live.ExpiresAt.Add(-time.Microsecond), Live},
		"the live one, too late":               {s, live, grace, live.ExpiresAt, Expired},
		"of an ended session":                  {ended, live, grace, now, Revoked},
		"consumed, of an ended session":        {ended, consumed(live, now), grace, now, Revoked},
		"expired, of an ended session":         {ended, live, grace, live.ExpiresAt, Revoked},
		"consumed just now":                    {s, consumed(live, now), grace, now, Repeated},
		"consumed, at the end of the grace":    {s, consumed(live, now), grace, now.Add(grace), Repeated},
		"consumed, after the grace":            {s, consumed(live, now), grace, now.Add(grace + time.Microsecond), Replayed},
		"consumed just now, without grace":     {s, consumed(live, now), 0, now, Replayed},
		"consumed, and expired meanwhile":      {s, consumed(live, now), 2 * week, live.ExpiresAt, Expired},
		"consumed by a node whose clock leads": {s, consumed(live, now.Add(time.Second)), grace, now, Repeated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.session.Judge(c.token, c.grace, c.at))
		})
	}
}

func TestRotationMakesTheNextGenerationLive(t *testing.T) {
	t.Parallel()
	s, first := openSession()
	require.EqualValues(t, 1, first.Generation)
	require.Equal(t, now.Truncate(time.Second).Add(week), first.ExpiresAt, "whole seconds, as a token says it")

	s.Rotate(week, now.Add(59*time.Second))
	require.EqualValues(t, 2, s.State().Generation)
	require.Equal(t, now, s.State().LastUsedAt, "not more than once a minute")

	at := now.Add(time.Minute)
	s.Rotate(week, at)
	second := s.LiveToken("k", nil, at)
	require.EqualValues(t, 3, second.Generation)
	require.Equal(t, s.State().ExpiresAt, second.ExpiresAt)
	require.Equal(t, at, s.State().LastUsedAt)
}

func TestASessionEndsOnce(t *testing.T) {
	t.Parallel()
	s, live := openSession()
	require.True(t, s.IsAlive(now))
	require.False(t, s.IsAlive(live.ExpiresAt))
	require.True(t, s.End("logout", now))
	require.False(t, s.End("replay", now.Add(time.Second)))
	require.Equal(t, "logout", s.State().EndReason)
	require.Equal(t, now, *s.State().EndedAt)
	require.False(t, s.IsAlive(now))
}

func TestOfADeviceIsKeptWhatCanBeKept(t *testing.T) {
	t.Parallel()
	d := NewDevice("2001:db8::1", "Mozilla/5.0\x00\n\u202e (X11)")
	require.Equal(t, Device{IP: "2001:db8::1", UserAgent: "Mozilla/5.0 (X11)"}, d)
	d = NewDevice(strings.Repeat("1", 100), strings.Repeat("é", 300)+"\xff")
	require.Len(t, d.IP, 64)
	require.Len(t, d.UserAgent, 512)
	require.True(t, utf8.ValidString(NewDevice("", "x"+strings.Repeat("é", 300)).UserAgent))
}
