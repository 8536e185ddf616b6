package ratelimit_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/ratelimit"
	"fasttrack/shared/auth"
)

// limited serves a few routes with small budgets, and tells what was decided.
func limited(t *testing.T, watch *stopwatch) (s *httpservertest.Server, decided map[string]int) {
	t.Helper()
	decided = map[string]int{}
	limiter := ratelimit.New(ratelimit.NewMemory(watch.elapsed), ratelimit.Config{
		Budgets: []ratelimit.Budget{
			{Name: ratelimit.Default, Rate: ratelimit.Rate{Count: 3, Window: time.Minute}},
			{Name: "login", Rate: ratelimit.Rate{Count: 2, Window: time.Minute}},
			{Name: "members", Rate: ratelimit.Rate{Count: 1, Window: time.Minute}},
			{Name: "ws", Rate: ratelimit.Rate{Count: 1, Window: time.Minute}},
		},
		Observe: func(budget string, allowed bool) {
			decided[budget+" "+strconv.FormatBool(allowed)]++
		},
	})
	return httpservertest.NewWith(t, httpserver.Config{CORSOrigins: []string{"http://app.test"}}, func(s *httpserver.Server) {
		s.Guard(limiter.Guard)
		route := func(op httpserver.Operation) {
			op.Summary, op.Tag = op.ID, "test"
			httpserver.Register(s.API(), op, func(context.Context, *struct {
				ID string `path:"id"`
			},
			) (*struct{}, error) {
				return nil, nil
			})
		}
		route(httpserver.Operation{ID: "read", Method: "GET", Path: "/things/{id}"})
		route(httpserver.Operation{ID: "login", Method: "POST", Path: "/login/{id}", Public: true, Budget: "login"})
		route(httpserver.Operation{ID: "add-member", Method: "POST", Path: "/teams/{id}/members", Budget: "members"})
		api := s.API()
		api.Root().Handle(httpserver.Operation{
			ID: "socket", Method: "GET", Path: "/ws", Summary: "Socket", Tag: "test", Public: true, Budget: "ws",
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			who, err := api.Authenticate(r.Context(), r.URL.Query().Get("token"))
			if refused := api.Admit(w, r, who); refused != nil {
				err = refused
			}
			if err != nil {
				api.Problem(w, r, err)
			}
		}))
	}), decided
}

func TestALimitedAnswerSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	watch := &stopwatch{}
	s, decided := limited(t, watch)
	ann := s.LogIn(t, auth.RoleUser)
	for left := range 3 {
		a := ann.Get("/api/v1/things/1").Require(204)
		require.Equal(t, `"default";q=3;w=60`, a.Header.Get("RateLimit-Policy"))
		require.Equal(t, `"default";r=`+strconv.Itoa(2-left)+`;t=60`, a.Header.Get("RateLimit"))
		require.Equal(t, "3", a.Header.Get("X-RateLimit-Limit"))
		require.Equal(t, strconv.Itoa(2-left), a.Header.Get("X-RateLimit-Remaining"))
		require.Equal(t, "60", a.Header.Get("X-RateLimit-Reset"))
	}
	watch.nanoseconds.Store(int64(20 * time.Second))
	a := ann.Get("/api/v1/things/1", "Origin", "http://app.test").RequireProblem(429, "rate_limited")
	require.Equal(t, "40", a.Header.Get("Retry-After"))
	require.Equal(t, `"default";r=0;t=40`, a.Header.Get("RateLimit"))
	require.Equal(t, "http://app.test", a.Header.Get("Access-Control-Allow-Origin"), "the page may read it")

	s.LogIn(t, auth.RoleUser).Get("/api/v1/things/1").Require(204)
	watch.nanoseconds.Store(int64(60*time.Second + time.Microsecond))
	ann.Get("/api/v1/things/1").Require(204)
	require.Equal(t, map[string]int{"default true": 5, "default false": 1}, decided)
}

func TestBudgetsAreOfTheRouteAndTheCaller(t *testing.T) {
	t.Parallel()
	s, _ := limited(t, &stopwatch{})
	ann, bob, anyone := s.LogIn(t, auth.RoleUser), s.LogIn(t, auth.RoleUser), s.Anonymous(t)

	// Whoever is not known is an address, and so are those who need not be.
	ann.Post("/api/v1/login/1", nil).Require(204)
	require.Equal(t, `"login";r=0;t=60`, anyone.Post("/api/v1/login/2", nil).Require(204).Header.Get("RateLimit"))
	bob.Post("/api/v1/login/3", nil).RequireProblem(429, "rate_limited")

	// A route may be given a budget, and an operation may name one.
	ann.Post("/api/v1/teams/1/members", nil).Require(204)
	ann.Post("/api/v1/teams/2/members", nil).RequireProblem(429, "rate_limited")
	bob.Post("/api/v1/teams/1/members", nil).Require(204)

	// A socket finds out by itself who asks; who does not say is an address.
	ann.Get("/ws?token=" + ann.Token).Require(200)
	ann.Get("/ws?token="+ann.Token).RequireProblem(429, "rate_limited")
	bob.Get("/ws?token=" + bob.Token).Require(200)
	anyone.Get("/ws?token=x").RequireProblem(401, "unauthenticated")
	anyone.Get("/ws?token=y").RequireProblem(429, "rate_limited")

	// Who is refused before it is known who they are has spent nothing.
	require.Empty(t, anyone.Get("/api/v1/things/1").RequireProblem(401, "unauthenticated").Header.Get("RateLimit"))
	for range 5 {
		for _, path := range []string{"/livez", "/readyz", "/health", "/docs", "/openapi.json", "/"} {
			require.Empty(t, anyone.Get(path).Require(200).Header.Get("RateLimit"), path)
		}
	}
}

func TestALimiterWithoutADefaultBudgetIsAMistake(t *testing.T) {
	t.Parallel()
	store := ratelimit.NewMemory((&stopwatch{}).elapsed)
	require.Panics(t, func() { ratelimit.New(store, ratelimit.Config{}) })
}
