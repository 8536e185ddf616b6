package jwttoken

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

func TestATokenIsRememberedForAMomentAndNotBeyondItsExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := auth.Principal{UserID: ids.New(), ExpiresAt: now.Add(time.Hour)}
	var r recent
	found := func(token string, at time.Time) bool {
		who, ok := r.find(token, at)
		if ok {
			require.Equal(t, p.UserID, who.UserID)
		}
		return ok
	}
	require.False(t, found("a", now))
	r.keep("a", p, now)
	require.True(t, found("a", now))
	require.True(t, found("a", now.Add(recentFor-time.Microsecond)))
	require.False(t, found("a", now.Add(recentFor)))
	require.False(t, found("a", now.Add(-time.Microsecond)), "a clock that was set back")
	require.False(t, found("b", now))
	require.False(t, found("", now))

	p.ExpiresAt = now.Add(time.Millisecond)
	r.keep("a", p, now)
	require.True(t, found("a", now))
	require.False(t, found("a", now.Add(time.Millisecond)))
}

func TestNotManyTokensAreRemembered(t *testing.T) {
	t.Parallel()
	var r recent
	for i := range 3 * mostRecent {
		r.keep(strconv.Itoa(i), auth.Principal{}, time.Time{})
		require.LessOrEqual(t, len(r.tokens), mostRecent)
	}
}
