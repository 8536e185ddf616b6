package ratelimit

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"fasttrack/adapters/redis"
)

// askAgain is when Redis is asked again after it did not answer.
const askAgain = time.Second

// Redis is a [Store] that all nodes share. While Redis is away each node counts for itself: a request is never refused
// because of it, and only those that find out wait, for [redis.Patience] at most.
type Redis struct {
	client  *goredis.Client
	prefix  string
	alone   *Memory
	elapsed func() time.Duration
	log     *slog.Logger
	now     string // for tests: the time in microseconds, instead of Redis's own

	away     atomic.Bool
	askAfter atomic.Int64 // elapsed, in nanoseconds
	failures atomic.Int64
}

var _ Store = (*Redis)(nil)

// NewRedis returns a store in Redis, under keys that begin with the prefix. elapsed is as for [NewMemory].
func NewRedis(client *goredis.Client, prefix string, elapsed func() time.Duration, log *slog.Logger) *Redis {
	return &Redis{client: client, prefix: prefix, alone: NewMemory(elapsed), elapsed: elapsed, log: log}
}

// take keeps the moments of a subject as a list, oldest first, by Redis's own clock, so that all nodes agree. It
// returns whether the request is allowed, how many were spent, and how long ago the first was.
var take = goredis.NewScript(`
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local count, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = redis.call('LINDEX', KEYS[1], -1)
if last and tonumber(last) < now - window then
  redis.call('DEL', KEYS[1])
end
local first = redis.call('LINDEX', KEYS[1], 0)
while first and tonumber(first) < now - window do
  redis.call('LPOP', KEYS[1])
  first = redis.call('LINDEX', KEYS[1], 0)
end
local spent = redis.call('LLEN', KEYS[1])
local allowed = 0
if spent < count then
  allowed, spent = 1, spent + 1
  redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
end
return {allowed, spent, now - tonumber(first or now)}
`)

var errAnswer = errors.New("redis gave an answer that is none of ours")

// Take implements [Store].
func (r *Redis) Take(ctx context.Context, budget Budget, subject Subject) Decision {
	if !r.mayAsk() {
		return r.alone.Take(ctx, budget, subject)
	}
	// The request's own end says nothing about Redis.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), redis.Patience)
	defer cancel()
	key := r.prefix + budget.Name + ":" + hex.EncodeToString(subject[:])
	answer, err := take.Run(bounded, r.client, []string{key}, budget.Count, budget.Window.Microseconds(), r.now).Int64Slice()
	if err == nil && len(answer) != 3 {
		err = errAnswer
	}
	if err != nil {
		r.lost(ctx, err)
		return r.alone.Take(ctx, budget, subject)
	}
	if r.away.CompareAndSwap(true, false) {
		r.log.InfoContext(ctx, "rate limits are counted in Redis again")
	}
	return decide(answer[0] == 1, budget, int(answer[1]), budget.Window.Microseconds()-answer[2])
}

// mayAsk reports whether it is worth asking Redis: while it is away one request a second finds out.
func (r *Redis) mayAsk() bool {
	if !r.away.Load() {
		return true
	}
	after, now := r.askAfter.Load(), int64(r.elapsed())
	return now >= after && r.askAfter.CompareAndSwap(after, now+int64(askAgain))
}

func (r *Redis) lost(ctx context.Context, err error) {
	r.failures.Add(1)
	r.askAfter.Store(int64(r.elapsed() + askAgain))
	if r.away.CompareAndSwap(false, true) {
		r.log.WarnContext(ctx, "Redis does not answer; each node counts its rate limits for itself meanwhile", "error", err)
	}
}

// Failures returns how often Redis did not answer.
func (r *Redis) Failures() int64 { return r.failures.Load() }

// IsAway reports whether Redis did not answer when it was asked last.
func (r *Redis) IsAway() bool { return r.away.Load() }
