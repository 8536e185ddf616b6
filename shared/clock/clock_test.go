package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/clock"
)

func TestNormalIsUTCAtMicroseconds(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("paris", 2*60*60)
	for _, c := range []struct {
		name     string
		in, want time.Time
	}{
		{"another zone", time.Date(2026, 7, 1, 1, 30, 0, 0, paris), time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)},
		{
			"nanoseconds are cut, not rounded", time.Date(2026, 1, 1, 0, 0, 0, 1_999, time.UTC),
			time.Date(2026, 1, 1, 0, 0, 0, 1_000, time.UTC),
		},
		{
			"before 1970", time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
			time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		},
		{"the zero time", time.Time{}, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := clock.Normal(c.in)
			require.Equal(t, c.want, got) // to the letter: comparable with ==
			require.Equal(t, got, clock.Normal(got), "again changes nothing")
		})
	}
}

func TestSystemIsTheTimeNow(t *testing.T) {
	t.Parallel()
	before := time.Now().Truncate(time.Microsecond)
	now := clock.Clock(clock.System)()
	require.False(t, now.Before(before))
	require.False(t, now.After(time.Now()))
	require.Equal(t, clock.Normal(now), now, "in the normal form, without a monotonic part")
}

func TestMonotonicNeverGoesBack(t *testing.T) {
	t.Parallel()
	last := clock.Monotonic()
	for range 1000 {
		next := clock.Monotonic()
		require.GreaterOrEqual(t, next, last)
		last = next
	}
}

func TestInIsFromNow(t *testing.T) {
	t.Parallel()
	before := time.Now()
	require.WithinRange(t, clock.In(time.Minute), before.Add(time.Minute), time.Now().Add(time.Minute))
}
