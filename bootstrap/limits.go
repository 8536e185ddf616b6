package bootstrap

import (
	"fmt"
	"log/slog"
	"strconv"

	"fasttrack/adapters/ratelimit"
	"fasttrack/adapters/redis"
	"fasttrack/adapters/telemetry"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/clock"
)

// openRedis returns a client of the configured Redis, nil where there is none. It does not connect yet.
func openRedis(cfg *config.Config) (*redis.Client, error) {
	if cfg.RedisURL == "" {
		return nil, nil //nolint:nilnil // that there is no Redis is no error
	}
	client, err := redis.Open(cfg.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	return client, nil
}

// redisPrefix sets apart what is ours in a Redis. Systems that share one have databases of different numbers, which
// alone do not part messages.
func redisPrefix(client *redis.Client) string {
	return "fasttrack:" + strconv.Itoa(client.Options().DB) + ":"
}

// newLimiter returns what limits requests; nil when they are not limited.
func newLimiter(
	cfg *config.Config, client *redis.Client, metrics *telemetry.Metrics, log *slog.Logger,
) *ratelimit.Limiter {
	if !cfg.RateLimitEnabled {
		return nil
	}
	var store ratelimit.Store = ratelimit.NewMemory(clock.Monotonic)
	if client != nil {
		shared := ratelimit.NewRedis(client, redisPrefix(client)+"limits:", clock.Monotonic, log)
		metrics.Counter("rate_limit_redis_failures_total", "How often Redis did not answer; each node then counts for itself.",
			func() float64 { return float64(shared.Failures()) })
		store = shared
	}
	return ratelimit.New(store, ratelimit.Config{
		Budgets: []ratelimit.Budget{
			{Name: ratelimit.Default, Rate: cfg.RateLimitDefault},
			{Name: "login", Rate: cfg.RateLimitLogin},
			{Name: "register", Rate: cfg.RateLimitRegister},
			{Name: "refresh", Rate: cfg.RateLimitRefresh},
			{Name: "ws", Rate: cfg.RateLimitWS},
			// What sends a mail is counted apart for each route, so that none uses up another; and to set the new password is an
			// attempt to get in, as a login is, for whoever asked for the mail.
			{Name: "forgot_password", Rate: cfg.RateLimitPasswordReset},
			{Name: "resend_verification", Rate: cfg.RateLimitPasswordReset},
			{Name: "reset_password", Rate: cfg.RateLimitLogin},
			{Name: "members", Rate: cfg.RateLimitMembers},
		},
		Observe: metrics.RateLimit,
	})
}
