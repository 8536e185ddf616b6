package broadcast

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fasttrack/adapters/redis"
	"fasttrack/shared/broadcast"
)

// Redis is a node on the network of all who use one Redis, by its PUBLISH and SUBSCRIBE.
type Redis struct {
	broadcast.Listeners

	client  *redis.Client
	channel string
	node    string // tells its own hints from those of the others
	outbox  *broadcast.Outbox
	log     *slog.Logger
}

var _ broadcast.Broadcaster = (*Redis)(nil)

// NewRedis returns a node. Its prefix is that of the system, and its name must be its alone.
func NewRedis(client *redis.Client, prefix, node string, log *slog.Logger) *Redis {
	return &Redis{client: client, channel: prefix + "hints", node: node, outbox: broadcast.NewOutbox(), log: log}
}

// Publish implements broadcast.Broadcaster.
func (r *Redis) Publish(h broadcast.Hint) { r.outbox.Put(h) }

// Run implements broadcast.Broadcaster.
func (r *Redis) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { keep(ctx, r.log, "hear other nodes", r.listen) })
	running.Go(func() { keep(ctx, r.log, "tell other nodes", r.send) })
	running.Wait()
	return nil
}

// listen tells the listeners what other nodes say, until the connection ends.
func (r *Redis) listen(ctx context.Context, works func()) error {
	subscription := r.client.Subscribe(ctx, r.channel)
	end := sync.OnceFunc(func() { _ = subscription.Close() })
	defer end()
	stop := context.AfterFunc(ctx, end) // nothing else ends a read
	defer stop()
	if _, err := subscription.ReceiveTimeout(ctx, answerIn); err != nil {
		return err
	}
	works()
	asked := false
	for {
		message, err := subscription.ReceiveTimeout(ctx, pingEvery)
		var network net.Error
		switch {
		case err == nil:
			asked = false
		case asked || !errors.As(err, &network) || !network.Timeout():
			return err
		default: // nothing was said for a while; or is nobody there?
			if err := subscription.Ping(ctx); err != nil {
				return err
			}
			asked = true
		}
		if said, ok := message.(*goredis.Message); ok {
			r.hear(said.Payload)
		}
	}
}

func (r *Redis) hear(payload string) {
	from, hints := decode(payload)
	if from == r.node {
		return
	}
	for _, h := range hints {
		r.Tell(h)
	}
}

// send says what is in the outbox, a payload at a time, until that fails.
func (r *Redis) send(ctx context.Context, works func()) error {
	if err := r.client.Ping(ctx).Err(); err != nil {
		return err
	}
	works()
	for {
		select {
		case <-r.outbox.Waiting():
		case <-ctx.Done():
			return ctx.Err()
		}
		hints := r.outbox.Take(batch)
		for _, payload := range encode(r.node, hints) {
			if err := r.client.Publish(ctx, r.channel, payload).Err(); err != nil {
				for _, h := range hints { // for the next connection
					r.outbox.Put(h)
				}
				return err
			}
		}
		select {
		case <-time.After(sendEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
