package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestFiveGuessesAreFreeAndThenTheWaitDoubles(t *testing.T) {
	t.Parallel()
	var g domain.Guesses
	now := morning
	for n, wait := range []time.Duration{
		0, 0, 0, 0, 1 * time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		64 * time.Second, 128 * time.Second, 256 * time.Second, 512 * time.Second, 15 * time.Minute, 15 * time.Minute,
	} {
		g = g.Fail(now)
		require.Equal(t, wait, g.FromHere(now), "after failure %d", n+1)
		require.Equal(t, max(wait-time.Millisecond, 0), g.FromHere(now.Add(time.Millisecond)))
		now = now.Add(wait)
		require.Zero(t, g.FromHere(now), "whoever waits as long as they are told is let through")
	}
	g.Failures = 1 << 30
	require.Equal(t, 15*time.Minute, g.Fail(now).FromHere(now), "it never grows beyond")
}

func TestAnHourWithoutAGuessForgets(t *testing.T) {
	t.Parallel()
	g := domain.Guesses{Failures: 30}.Fail(morning)
	g.ForgetAt = morning
	require.Zero(t, g.FromHere(morning))
	g = g.Fail(morning)
	require.Equal(t, 1, g.Failures)
	require.Equal(t, morning.Add(time.Hour), g.ForgetAt)
}

func TestAHundredFailuresInAnyHourAreAllThereIs(t *testing.T) {
	t.Parallel()
	var g domain.Guesses
	for i := range 99 {
		g = g.Fail(morning.Add(time.Duration(i) * time.Second))
		require.Zero(t, g.FromAnywhere(morning.Add(99*time.Second)))
	}
	g = g.Fail(morning.Add(30 * time.Minute))
	require.Equal(t, 30*time.Minute, g.FromAnywhere(morning.Add(30*time.Minute)), "until the oldest is an hour old")
	require.Zero(t, g.FromAnywhere(morning.Add(time.Hour)))

	g = g.Fail(morning.Add(time.Hour)) // instead of the oldest
	require.Len(t, g.Recent, 100)
	require.Equal(t, time.Second, g.FromAnywhere(morning.Add(time.Hour)), "the window slides")

	for range 300 {
		g = g.Fail(morning.Add(time.Hour))
	}
	require.Len(t, g.Recent, 100, "what is kept is bounded")
}

func TestANetworkIsWhatAnOwnerCannotPickAtWill(t *testing.T) {
	t.Parallel()
	for ip, network := range map[string]string{
		"192.0.2.7":               "192.0.2.7",
		"::ffff:192.0.2.7":        "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":    "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":    "2001:db8:1:2::/64",
		"2001:db8:1:3::1":         "2001:db8:1:3::/64",
		"fe80::1%eth0":            "fe80::/64",
		"":                        "",
		"not an address at all %": "not an address at all %",
	} {
		require.Equal(t, network, domain.Network(ip), ip)
	}
}

func TestAnAccountHasOneName(t *testing.T) {
	t.Parallel()
	for _, same := range []string{"ada@example.com", "ADA@Example.com", " ada@example.com\n"} {
		require.Equal(t, "ada@example.com", domain.AccountName(same))
	}
	require.Equal(t, "no address", domain.AccountName("No Address"))
}
