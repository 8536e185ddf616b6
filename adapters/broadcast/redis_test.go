package broadcast_test

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	adapter "fasttrack/adapters/broadcast"
	"fasttrack/adapters/redis"
	"fasttrack/adapters/redis/redistest"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/broadcast/broadcasttest"
	"fasttrack/shared/ids"
)

func newRedisNode(client *redis.Client, prefix string) broadcast.Broadcaster {
	return adapter.NewRedis(client, prefix, ids.New().String(), slog.New(slog.DiscardHandler))
}

func TestRedisKeepsTheContract(t *testing.T) {
	t.Parallel()
	client := redistest.Client(t)
	var networks atomic.Int64
	broadcasttest.Test(t, func(*testing.T) func() broadcast.Broadcaster {
		prefix := fmt.Sprintf("%d:", networks.Add(1))
		return func() broadcast.Broadcaster { return newRedisNode(client, prefix) }
	})
}

func TestItComesBackAfterRedisWasAway(t *testing.T) {
	t.Parallel()
	wire := redistest.NewWire(t, redistest.URL(t))
	client := func() *redis.Client {
		c, err := redis.Open(wire.URL)
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	one := broadcasttest.Listen(t, newRedisNode(client(), "x:"), "feeds")
	two := broadcasttest.Listen(t, newRedisNode(client(), "x:"), "feeds")
	for n := range int64(3) {
		hint := broadcast.Hint{Topic: "feeds", Key: "ann", Number: n}
		said := func(heard []broadcast.Hint) bool { return len(heard) > 0 && heard[len(heard)-1] == hint }
		one.Await(said, func() { two.Publish(hint) })
		two.Await(said, func() { one.Publish(hint) })
		wire.Cut()
		one.Publish(hint) // is held up by nothing
		wire.Mend()
	}
}
