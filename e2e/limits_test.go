package e2e

import (
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/ratelimit"
	"fasttrack/adapters/redis/redistest"
	"fasttrack/bootstrap/config"
	"fasttrack/e2e/harness"
)

// limits switches the rate limits on, with the budgets that a test says; the others are too large to matter.
func limits(change func(*config.Config)) harness.Option {
	return harness.Configure(func(c *config.Config) {
		c.RateLimitEnabled = true
		for _, rate := range []*ratelimit.Rate{
			&c.RateLimitDefault, &c.RateLimitLogin, &c.RateLimitRegister, &c.RateLimitRefresh, &c.RateLimitPasswordReset,
			&c.RateLimitMembers, &c.RateLimitWS,
		} {
			*rate = ratelimit.Rate{Count: 1000, Window: time.Hour}
		}
		// The tests are their own proxy.
		c.TrustedProxies = config.Networks{netip.MustParsePrefix("127.0.0.0/8")}
		change(c)
	})
}

func from(address string) harness.Header {
	return harness.Header{Name: "X-Forwarded-For", Value: address}
}

func TestAnAddressMayTryToLogInSoOften(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		login := func(address string, password string) *harness.Answer {
			return p.Do("POST", "/api/v1/auth/login", map[string]any{"email": ann.Email, "password": password}, from(address))
		}
		for left := range 3 {
			a := login("203.0.113.7", "not the password").Wants(401)
			require.Equal(t, `"login";q=3;w=60`, a.Header.Get("RateLimit-Policy"))
			require.Equal(t, strconv.Itoa(2-left), a.Header.Get("X-RateLimit-Remaining"))
		}
		refused := login("203.0.113.7", ann.Password)
		refused.WantsProblem(429, "rate_limited")
		wait, err := strconv.Atoi(refused.Header.Get("Retry-After"))
		require.NoError(t, err)
		require.InDelta(t, 60, wait, 30)
		login("1.2.3.4, 203.0.113.7", ann.Password).WantsProblem(429, "rate_limited") // whatever it says of itself
		login("203.0.113.8", ann.Password).Wants(200)

		for n := range 3 {
			login(fmt.Sprintf("2001:db8::%x", n+1), ann.Password).Wants(200)
		}
		login("2001:db8::ffff", ann.Password).WantsProblem(429, "rate_limited")
		login("2001:db8:0:1::1", ann.Password).Wants(200)

		// Sessions know the same address.
		var addresses []string
		for _, s := range harness.All[struct{ IP string }](ann.Client, "/auth/sessions") {
			addresses = append(addresses, s.IP)
		}
		require.Contains(t, addresses, "203.0.113.8")
		require.Contains(t, addresses, "2001:db8:0:1::1")
	}, limits(func(c *config.Config) { c.RateLimitLogin = ratelimit.Rate{Count: 3, Window: time.Minute} }))
}

// Whoever has asked for as many mails as they may can still use what is in them, and is told how often they may try.
func TestAskingForMailsDoesNotUseUpTheReset(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite), limits(func(c *config.Config) {
		c.RateLimitPasswordReset = ratelimit.Rate{Count: 2, Window: time.Hour}
		c.RateLimitLogin = ratelimit.Rate{Count: 3, Window: time.Minute}
	}))
	ann := p.Register("Ann")
	send := func(path string, body map[string]any) *harness.Answer {
		return p.Do("POST", "/api/v1/auth"+path, body, from("203.0.113.7"))
	}
	email := map[string]any{"email": ann.Email}
	for _, path := range []string{"/password/forgot", "/email/verification"} {
		for range 2 {
			send(path, email).Wants(202)
		}
		send(path, email).WantsProblem(429, "rate_limited")
	}
	token := p.MailToken(ann.Email, harness.ResetMail, 2)
	for range 2 {
		a := send("/password/reset", map[string]any{"token": token, "new_password": "ann"})
		a.WantsProblem(422, "validation_failed")
		require.Equal(t, `"reset_password";q=3;w=60`, a.Header.Get("RateLimit-Policy"))
	}
	send("/password/reset", map[string]any{"token": token, "new_password": "seven grey owls listen"}).Wants(204)
	send("/password/reset", map[string]any{"token": token, "new_password": "seven grey owls listen"}).
		WantsProblem(429, "rate_limited")
	send("/login", map[string]any{"email": ann.Email, "password": "seven grey owls listen"}).Wants(200)
}

func TestAUserMayAskSoOftenAndAPageMayReadTheRefusal(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite), limits(func(c *config.Config) {
		c.RateLimitDefault = ratelimit.Rate{Count: 6, Window: time.Hour} // one for the harness, which asks who it is
		c.RateLimitWS = ratelimit.Rate{Count: 2, Window: time.Hour}
	}))
	ann, bob := p.Register("Ann"), p.Register("Bob")
	for range 5 {
		ann.Get("/users/me").Wants(200)
	}
	refused := ann.Do("GET", "/api/v1/users/me", nil, harness.Header{Name: "Origin", Value: "http://localhost:3000"})
	refused.WantsProblem(429, "rate_limited")
	require.Equal(t, "http://localhost:3000", refused.Header.Get("Access-Control-Allow-Origin"))
	for _, name := range []string{"Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Reset"} {
		require.NotEmpty(t, refused.Header.Get(name), name)
	}
	bob.Get("/users/me").Wants(200)
	p.Do("GET", "/readyz", nil).Wants(200)

	ann.Socket("")
	ann.Socket("")
	_, response, err := ann.Dial("")
	require.Error(t, err)
	require.Equal(t, 429, response.StatusCode)
	require.NoError(t, response.Body.Close())
	bob.Socket("")
}

func TestNodesShareTheirBudgetsByRedis(t *testing.T) {
	t.Parallel()
	url, redisURL := dbtest.URL(t, database.Postgres), redistest.URL(t)
	shared := limits(func(c *config.Config) {
		c.RedisURL = redisURL
		c.RateLimitDefault = ratelimit.Rate{Count: 7, Window: time.Hour} // one for the harness
	})
	one, two := harness.Start(t, url, shared), harness.Start(t, url, shared)
	ann := one.Register("Ann")
	there := on(two, ann)
	for range 3 {
		ann.Get("/users/me").Wants(200)
		there.Get("/users/me").Wants(200)
	}
	ann.Get("/users/me").WantsProblem(429, "rate_limited")
	there.Get("/users/me").WantsProblem(429, "rate_limited")
}
