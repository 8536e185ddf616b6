package ratelimit_test

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/ratelimit"
	"fasttrack/adapters/redis"
	"fasttrack/adapters/redis/redistest"
)

func TestWhileRedisIsAwayANodeCountsForItself(t *testing.T) {
	t.Parallel()
	wire := redistest.NewWire(t, redistest.URL(t))
	client, err := redis.Open(wire.URL)
	require.NoError(t, err)
	defer client.Close()

	var lines strings.Builder
	watch := &stopwatch{}
	r := ratelimit.NewRedis(client, "x:", watch.elapsed, slog.New(slog.NewTextHandler(&lines, nil)))
	budget := ratelimit.Budget{Name: "login", Rate: ratelimit.Rate{Count: 2, Window: time.Hour}}
	subject := ratelimit.Address("10.0.0.1")
	take := func() ratelimit.Decision { return r.Take(t.Context(), budget, subject) }

	require.True(t, take().Allowed)
	require.True(t, take().Allowed)
	require.False(t, take().Allowed)

	wire.Cut()
	require.Equal(t, 1, take().Remaining, "nobody is refused because Redis is away")
	require.True(t, r.IsAway())
	require.Zero(t, take().Remaining)
	require.False(t, take().Allowed, "the node's own count holds")
	require.EqualValues(t, 1, r.Failures(), "Redis is not asked again at once")
	watch.nanoseconds.Add(int64(time.Second))
	take()
	require.EqualValues(t, 2, r.Failures(), "but after a second, by one request")
	take()
	require.EqualValues(t, 2, r.Failures())

	wire.Mend()
	watch.nanoseconds.Add(int64(time.Second))
	require.False(t, take().Allowed, "Redis remembers")
	require.False(t, r.IsAway())
	require.Equal(t, 1, strings.Count(lines.String(), "level=WARN"), lines.String())
	require.Equal(t, 1, strings.Count(lines.String(), "counted in Redis again"), lines.String())
}

// TestARedisThatHangsHoldsARequestUpForAMomentOnly: it accepts connections, and never answers.
func TestARedisThatHangsHoldsARequestUpForAMomentOnly(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err := redis.Open("redis://" + l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	r := ratelimit.NewRedis(client, "x:", (&stopwatch{}).elapsed, slog.New(slog.DiscardHandler))
	budget := ratelimit.Budget{Name: "login", Rate: ratelimit.Rate{Count: 1000, Window: time.Hour}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			require.True(t, r.Take(t.Context(), budget, ratelimit.Subject{}).Allowed)
		}
	}()
	select {
	case <-ended: // only the first has waited
	case <-time.After(20 * redis.Patience):
		t.Fatal("requests wait for Redis")
	}
	require.EqualValues(t, 1, r.Failures())
}

func TestTheSharedBudgetComesBackByRedissOwnClock(t *testing.T) {
	t.Parallel()
	client := redistest.Client(t)
	r := ratelimit.NewRedis(client, "x:", (&stopwatch{}).elapsed, slog.New(slog.DiscardHandler))
	budget := ratelimit.Budget{Name: "login", Rate: ratelimit.Rate{Count: 2, Window: time.Second}}
	subject := ratelimit.Address("10.0.0.1")
	for range 2 {
		require.True(t, r.Take(t.Context(), budget, subject).Allowed)
	}
	refused := r.Take(t.Context(), budget, subject)
	require.False(t, refused.Allowed)
	require.LessOrEqual(t, refused.Reset, time.Second+time.Microsecond)
	<-time.After(refused.Reset) // what is promised
	require.True(t, r.Take(t.Context(), budget, subject).Allowed)
	ttl, err := client.PTTL(t.Context(), client.Keys(t.Context(), "x:*").Val()[0]).Result()
	require.NoError(t, err)
	require.Positive(t, ttl, "what is not used any more is forgotten")
}
