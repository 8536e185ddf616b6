package httpserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// raw returns a server with a socket that echoes, and a stream that lasts until its client leaves.
func raw(t *testing.T, config httpserver.Config) *httpservertest.Server {
	t.Helper()
	return httpservertest.NewWith(t, config, func(s *httpserver.Server) {
		api := s.API()
		upgrader := websocket.Upgrader{}
		api.Root().Handle(httpserver.Operation{
			ID: "open-socket", Method: http.MethodGet, Path: "/ws", Summary: "Open a socket", Tag: "live", Public: true,
			Status: http.StatusSwitchingProtocols,
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := httpserver.CheckQuery(r, "token"); err != nil {
				api.Problem(w, r, err)
				return
			}
			if _, err := api.Authenticate(r.Context(), r.URL.Query().Get("token")); err != nil {
				api.Problem(w, r, err)
				return
			}
			conn, err := upgrader.Upgrade(w, r, nil)
			if err != nil {
				return
			}
			defer conn.Close()
			for {
				kind, message, err := conn.ReadMessage()
				if err != nil {
					return
				}
				_ = conn.WriteMessage(kind, message)
			}
		}))
		api.Handle(httpserver.Operation{
			ID: "stream", Method: http.MethodGet, Path: "/stream", Summary: "Stream", Tag: "live",
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprintf(w, "data: %s\n\n", auth.Must(r.Context()).UserID)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}))
	})
}

func TestASocketIsOpenedThroughEveryLayer(t *testing.T) {
	t.Parallel()
	// Both timeouts are far shorter than the exchange below.
	s := raw(t, httpserver.Config{
		RequestTimeout: time.Millisecond, BodyTimeout: time.Millisecond, CORSOrigins: []string{"http://app.test"},
	})
	_, token := s.Tokens.User(auth.RoleUser)
	url := "ws" + strings.TrimPrefix(s.URL, "http") + "/ws?token="

	conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), url+token, nil)
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, 101, response.StatusCode)
	deadline := time.NewTimer(20 * time.Millisecond)
	for range 3 {
		require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte("hello")))
		_, message, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, "hello", string(message))
		<-deadline.C
		deadline.Reset(time.Millisecond)
	}

	anyone := s.Anonymous(t)
	refused := anyone.Get("/ws?token=x").RequireProblem(401, "unauthenticated")
	require.Contains(t, refused.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
	anyone.Get("/ws").RequireProblem(401, "unauthenticated")
	anyone.Get("/ws?token=a&x=1").RequireProblem(422, "validation_failed")
	require.Equal(t, "GET", anyone.Do("HEAD", "/ws", nil).Require(405).Header.Get("Allow"))
}

func TestAStreamIsFlushedAndHasNoDeadline(t *testing.T) {
	t.Parallel()
	s := raw(t, httpserver.Config{RequestTimeout: time.Millisecond})
	s.Anonymous(t).Get("/api/v1/stream").RequireProblem(401, "unauthenticated")

	p, token := s.Tokens.User(auth.RoleUser)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/stream", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: "+p.UserID.String()+"\n", line)
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
}

func TestAPublicRouteIgnoresTheAuthorizationHeader(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	for _, header := range []string{"Bearer nonsense", "Basic x", "Bearer", "x"} {
		s.Anonymous(t).Get("/api/v1/who", "Authorization", header).Require(204)
	}
	s.LogIn(t, auth.RoleUser).Get("/api/v1/who").Require(204)
}

func TestTheTokenMayBeWrittenAsRFC6750Allows(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	p, token := s.Tokens.User(auth.RoleUser)
	for _, header := range []string{"Bearer " + token, "bearer " + token, "BEARER  " + token} {
		s.Anonymous(t).Get("/api/v1/notes", "Authorization", header).Require(200)
	}
	s.Tokens.Revoke(auth.Revocation{UserID: p.UserID})
	a := s.Anonymous(t).Get("/api/v1/notes", "Authorization", "Bearer "+token).RequireProblem(401, "token_revoked")
	require.Contains(t, a.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
}

func TestAcceptMakesNoDifference(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, accept := range []string{"text/html", "json", "application/json;q=0", "*/*", "nonsense", "application/xml, x/y"} {
		a := user.Get("/api/v1/notes", "Accept", accept).Require(200)
		require.Equal(t, "application/json", a.Header.Get("Content-Type"))
		user.Get("/api/v1/notes/"+someID, "Accept", accept).RequireProblem(404, "not_found")
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config    httpserver.Config
		csp, hsts string
	}{
		{httpserver.Config{}, "default-src 'none'", ""},
		{httpserver.Config{Environment: "production"}, "default-src 'none'", "max-age=31536000"},
		{httpserver.Config{CSPMode: httpserver.CSPRelaxed}, "'unsafe-inline'", ""},
		{httpserver.Config{CSPMode: httpserver.CSPDisabled}, "", ""},
	} {
		s := start(t, c.config)
		for _, path := range []string{"/", "/nowhere", "/api/v1/notes", "/api/v1/fail/panic", "/docs", "/redoc"} {
			h := s.Anonymous(t).Get(path).Header
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
			require.Equal(t, "DENY", h.Get("X-Frame-Options"))
			require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"))
			require.NotEmpty(t, h.Get("X-Request-Id"))
			require.Contains(t, h.Get("Content-Security-Policy"), c.csp)
			require.Equal(t, c.csp == "", h.Get("Content-Security-Policy") == "")
			require.Contains(t, h.Get("Strict-Transport-Security"), c.hsts)
			require.Equal(t, c.hsts == "", h.Get("Strict-Transport-Security") == "")
		}
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{CORSOrigins: []string{"http://app.test"}}).LogIn(t, auth.RoleUser)

	preflight := user.Do("OPTIONS", "/api/v1/notes/"+someID, nil, "Origin", "http://app.test",
		"Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,content-type,if-match").Require(204)
	require.Equal(t, "http://app.test", preflight.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "PATCH", preflight.Header.Get("Access-Control-Allow-Methods"))
	require.NotEmpty(t, preflight.Header.Get("Access-Control-Allow-Headers"))

	for _, path := range []string{"/api/v1/notes", "/nowhere"} {
		h := user.Get(path, "Origin", "http://app.test").Header
		require.Equal(t, "http://app.test", h.Get("Access-Control-Allow-Origin"))
		require.Empty(t, h.Get("Access-Control-Allow-Credentials"))
		exposed := h.Get("Access-Control-Expose-Headers")
		for _, name := range []string{"Etag", "Link", "Location", "Retry-After", "X-Request-Id", "Idempotent-Replayed"} {
			require.Contains(t, strings.ToLower(exposed), strings.ToLower(name))
		}
		require.Empty(t, user.Get(path, "Origin", "http://evil.test").Header.Get("Access-Control-Allow-Origin"))
	}
}

func TestTheAccessLogTellsWhatHappenedAndNoSecret(t *testing.T) {
	t.Parallel()
	var out logs
	var told []httpserver.Answered
	s := httpservertest.NewWith(t, httpserver.Config{Log: out.logger()}, func(s *httpserver.Server) {
		registerNotes(s.API(), noteRoutes{notes: &notes{}, cursors: testCursors})
		s.Observe(func(a httpserver.Answered) { told = append(told, a) })
	})
	user := s.LogIn(t, auth.RoleUser)
	user.Get("/api/v1/notes/"+someID+"?q=query-secret", "Cookie", "header-secret")
	user.Get("/path-secret")
	user.Do("HEAD", "/api/v1/notes", nil)
	user.Get("/livez")

	text := out.String()
	require.NotContains(t, text, "secret")
	require.NotContains(t, text, user.Token)
	require.Contains(t, text, "route=/api/v1/notes/{id} status=422")
	require.Contains(t, text, "user_id="+user.Principal.UserID.String())
	require.Regexp(t, `level=DEBUG.*route=/livez`, text)
	require.Len(t, told, 4)
	require.Equal(t, "/api/v1/notes/{id}", told[0].Route)
	require.Equal(t, 422, told[0].Status)
	require.Positive(t, told[0].Bytes)
	require.Empty(t, told[1].Route, "a path that somebody made up is not a label")
	require.Equal(t, "HEAD", told[2].Method)
}

func TestAGuardRefusesBetween401And422(t *testing.T) {
	t.Parallel()
	s := httpservertest.NewWith(t, httpserver.Config{}, func(s *httpserver.Server) {
		registerNotes(s.API(), noteRoutes{notes: &notes{}, cursors: testCursors})
		s.Guard(func(w http.ResponseWriter, r *http.Request, op httpserver.Operation) error {
			w.Header().Set("RateLimit", op.ID)
			if _, known := auth.From(r.Context()); known {
				return errs.New(errs.RateLimited, errs.CodeRateLimited, "slow down")
			}
			return nil
		})
	})
	s.Anonymous(t).Get("/api/v1/notes").RequireProblem(401, "unauthenticated")
	a := s.LogIn(t, auth.RoleUser).Get("/api/v1/notes?x=1").RequireProblem(429, "rate_limited")
	require.Equal(t, "list-notes", a.Header.Get("RateLimit"))
	require.Equal(t, "1", a.Header.Get("Retry-After"))
}

func TestTheClientsAddressIsReadFromTheRight(t *testing.T) {
	t.Parallel()
	var seen string
	s := httpservertest.NewWith(t, httpserver.Config{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")},
	}, func(s *httpserver.Server) {
		s.Use(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen = httpserver.ClientIP(r.Context())
				next.ServeHTTP(w, r)
			})
		})
	})
	for forwarded, want := range map[string]string{
		"":                               "127.0.0.1",
		"203.0.113.9":                    "203.0.113.9",
		"1.2.3.4, 203.0.113.9":           "203.0.113.9",
		"1.2.3.4, 203.0.113.9, 10.1.1.1": "203.0.113.9",
		"10.2.2.2, 10.1.1.1":             "10.2.2.2",
		"1.2.3.4, unknown, 10.1.1.1":     "10.1.1.1",
		"2001:db8::1":                    "2001:db8::1",
		"::ffff:203.0.113.9":             "203.0.113.9",
		"203.0.113.9:4711":               "203.0.113.9",
		"[2001:db8::1]:4711":             "2001:db8::1",
	} {
		s.Anonymous(t).Get("/", "X-Forwarded-For", forwarded)
		require.Equal(t, want, seen, forwarded)
	}
}

func TestServeAndShutdown(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{})
	entered, proceed := make(chan struct{}), make(chan struct{})
	api := s.API()
	httpserver.Register(api, httpserver.Operation{
		ID: "slow", Method: http.MethodGet, Path: "/slow", Summary: "Slow", Tag: "odd", Public: true,
	}, func(context.Context, *struct{}) (*struct{}, error) {
		close(entered)
		<-proceed
		return nil, nil
	})
	shuttingDown := make(chan struct{})
	s.OnShutdown(func() { close(shuttingDown) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served, shut, answered := make(chan error, 1), make(chan error, 1), make(chan int, 1)
	go func() { served <- s.Serve(t.Context(), l) }()

	url := "http://" + l.Addr().String()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) int {
		r, err := client.Get(url + path)
		if err != nil {
			return 0
		}
		defer r.Body.Close()
		return r.StatusCode
	}
	require.Equal(t, 200, get("/readyz"))
	s.Drain()
	require.Equal(t, 503, get("/readyz"))
	require.Equal(t, 200, get("/livez"), "requests are still answered while draining")

	go func() { answered <- get("/api/v1/slow") }()
	<-entered
	go func() { shut <- s.Shutdown(t.Context()) }()
	<-shuttingDown
	close(proceed)
	require.Equal(t, 204, <-answered, "a request in flight is answered")
	require.NoError(t, <-shut)
	require.NoError(t, <-served)
	require.Zero(t, get("/livez"))
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	cancel()
	require.NoError(t, <-served)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var ping, ready error
	s := httpservertest.NewWith(t, httpserver.Config{Version: "1.2.3", Environment: "production"}, func(s *httpserver.Server) {
		s.Health(httpserver.Health{
			Dialect: "sqlite",
			Ping:    func(context.Context) error { return ping },
			Ready:   func(context.Context) error { return ready },
		})
	})
	anyone := s.Anonymous(t)
	var shown struct {
		Status, Version, Environment, Timestamp string
		Database                                struct {
			Dialect, Status string
			LatencyMS       *float64 `json:"latency_ms"`
		}
	}
	anyone.Get("/health").Decode(200, &shown)
	require.Equal(t, "ok", shown.Status)
	require.Equal(t, "1.2.3", shown.Version)
	require.Equal(t, "production", shown.Environment)
	require.Equal(t, "sqlite", shown.Database.Dialect)
	require.Equal(t, "up", shown.Database.Status)
	require.NotNil(t, shown.Database.LatencyMS)
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, shown.Timestamp)
	anyone.Get("/livez").Require(200)
	anyone.Get("/readyz").Require(200)
	anyone.Do("HEAD", "/health", nil).Require(200)

	ready = errors.New("hunter2: the schema is older")
	require.Equal(t, "1", anyone.Get("/readyz").RequireProblem(503, "unavailable").Header.Get("Retry-After"))
	anyone.Get("/health").Require(200)

	ping = errors.New("hunter2: connection refused")
	down := anyone.Get("/health").Decode(503, &shown)
	require.Equal(t, "unavailable", shown.Status)
	require.Equal(t, "down", shown.Database.Status)
	require.Equal(t, "1", down.Header.Get("Retry-After"))
	require.NotContains(t, string(down.Body), "hunter2")
	anyone.Get("/readyz").RequireProblem(503, "unavailable")
	anyone.Get("/livez").Require(200)
}

func TestAMistakeInADeclarationShowsAtStart(t *testing.T) {
	t.Parallel()
	fine := httpserver.Operation{ID: "a", Method: http.MethodGet, Path: "/a", Summary: "A", Tag: "a"}
	nothing := func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }
	for name, register := range map[string]func(api *httpserver.API){
		"no summary": func(api *httpserver.API) {
			httpserver.Register(api, httpserver.Operation{ID: "a", Method: http.MethodGet, Path: "/a", Tag: "a"}, nothing)
		},
		"an id twice": func(api *httpserver.API) {
			httpserver.Register(api, fine, nothing)
			httpserver.Register(api, fine, nothing)
		},
		"a time of the standard library": func(api *httpserver.API) {
			httpserver.Register(api, fine, func(context.Context, *struct{}) (*struct{ Body struct{ At time.Time } }, error) {
				return nil, nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Panics(t, func() { register(httpserver.New(httpserver.Config{}).API()) })
		})
	}
}
