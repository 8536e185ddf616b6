package httpserver_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
)

const someID = "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"

func TestEveryLayerAnswersWithTheSameProblemDocument(t *testing.T) {
	t.Parallel()
	var out logs
	s := start(t, httpserver.Config{MaxBodyBytes: 1000, RequestTimeout: 50 * time.Millisecond, Log: out.logger()})
	user, nobody := s.LogIn(t, auth.RoleUser), s.Anonymous(t)
	chunked := func(n int) io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat(" ", n))) }

	cases := map[string]struct {
		client       *httpservertest.Client
		method, path string
		body         any
		headers      []string
		status       int
		code         string
		wantHeader   map[string]string
	}{
		"no route":              {user, "GET", "/nowhere", nil, nil, 404, "not_found", nil},
		"no route below":        {user, "GET", "/api/v1/notes/" + someID + "/x", nil, nil, 404, "not_found", nil},
		"double slash":          {user, "GET", "//notes", nil, nil, 404, "not_found", nil},
		"trailing slash":        {user, "GET", "/api/v1/notes/", nil, nil, 404, "not_found", nil},
		"dots":                  {user, "GET", "/api/v1/../v1/notes", nil, nil, 404, "not_found", nil},
		"wrong method":          {user, "PUT", "/api/v1/notes", nil, nil, 405, "method_not_allowed", map[string]string{"Allow": "GET, HEAD, POST"}},                                                                                                                                   //nolint:lll // a table
		"odd method":            {user, "BREW", "/api/v1/notes/" + someID, nil, nil, 405, "method_not_allowed", map[string]string{"Allow": "DELETE, GET, HEAD, PATCH"}},                                                                                                               //nolint:lll // a table
		"HEAD without GET":      {user, "HEAD", "/api/v1/toggle", nil, nil, 405, "", map[string]string{"Allow": "PATCH"}},                                                                                                                                                             //nolint:lll // a table
		"OPTIONS":               {user, "OPTIONS", "/api/v1/toggle", nil, nil, 405, "method_not_allowed", map[string]string{"Allow": "PATCH"}},                                                                                                                                        //nolint:lll // a table
		"no token":              {nobody, "GET", "/api/v1/notes", nil, nil, 401, "unauthenticated", map[string]string{"WWW-Authenticate": `Bearer realm="fasttrack"`}},                                                                                                                //nolint:lll // a table
		"other scheme":          {nobody, "GET", "/api/v1/notes", nil, []string{"Authorization", "Basic eDp5"}, 401, "unauthenticated", map[string]string{"WWW-Authenticate": `Bearer realm="fasttrack"`}},                                                                            //nolint:lll // a table
		"bad token":             {nobody, "GET", "/api/v1/notes", nil, []string{"Authorization", "Bearer x"}, 401, "unauthenticated", map[string]string{"WWW-Authenticate": `Bearer realm="fasttrack", error="invalid_token", error_description="a valid access token is required"`}}, //nolint:lll // a table
		"login refused":         {nobody, "GET", "/api/v1/fail/credentials", nil, nil, 401, "invalid_credentials", map[string]string{"WWW-Authenticate": `Bearer realm="fasttrack"`}},                                                                                                 //nolint:lll // a table
		"401 before 422":        {nobody, "POST", "/api/v1/notes?x=1", `{`, nil, 401, "unauthenticated", nil},
		"401 before 415":        {nobody, "POST", "/api/v1/notes", "x", []string{"Content-Type", "text/plain"}, 401, "unauthenticated", nil},
		"401 before 413":        {nobody, "POST", "/api/v1/notes", strings.Repeat(" ", 5000), nil, 401, "unauthenticated", nil},
		"422 before 404":        {user, "PATCH", "/api/v1/notes/" + someID, `{"text":1}`, nil, 422, "validation_failed", nil},
		"404":                   {user, "GET", "/api/v1/notes/" + someID, nil, nil, 404, "not_found", nil},
		"empty body":            {user, "POST", "/api/v1/notes", "", nil, 400, "malformed", nil},
		"no body":               {user, "POST", "/api/v1/notes", nil, nil, 400, "malformed", nil},
		"half a body":           {user, "POST", "/api/v1/notes", `{"text":`, nil, 400, "malformed", nil},
		"garbage behind":        {user, "POST", "/api/v1/notes", `{"text":"x"} x`, nil, 400, "malformed", nil},
		"invalid UTF-8":         {user, "POST", "/api/v1/notes", "{\"text\":\"\xff\"}", nil, 400, "malformed", nil},
		"number out of range":   {user, "POST", "/api/v1/notes", `{"text":1e999}`, nil, 400, "malformed", nil},
		"deep body":             {user, "POST", "/api/v1/notes", strings.Repeat("[", 900), nil, 400, "malformed", nil},
		"body of another shape": {user, "POST", "/api/v1/notes", `[]`, nil, 422, "validation_failed", nil},
		"body null":             {user, "POST", "/api/v1/notes", `null`, nil, 422, "validation_failed", nil},
		"body too large":        {user, "POST", "/api/v1/notes", strings.Repeat(" ", 1001), nil, 413, "payload_too_large", nil},
		"chunks too large":      {user, "POST", "/api/v1/notes", chunked(1001), nil, 413, "payload_too_large", nil},
		"chunks of text":        {user, "POST", "/api/v1/notes", chunked(10), []string{"Content-Type", "text/plain"}, 415, "unsupported_media_type", nil},                     //nolint:lll // a table
		"form":                  {user, "POST", "/api/v1/notes", "text=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media_type", nil}, //nolint:lll // a table
		"other charset":         {user, "POST", "/api/v1/notes", `{}`, []string{"Content-Type", "application/json; charset=latin1"}, 415, "unsupported_media_type", nil},      //nolint:lll // a table
		"compressed":            {user, "POST", "/api/v1/notes", `{}`, []string{"Content-Encoding", "gzip"}, 415, "unsupported_media_type", nil},                              //nolint:lll // a table
		"bad escape":            {user, "GET", "/api/v1/notes?limit=%zz", nil, nil, 400, "malformed", nil},
		"semicolon":             {user, "GET", "/api/v1/notes?limit=1;sort=text", nil, nil, 400, "malformed", nil},
		"cursor":                {user, "GET", "/api/v1/notes?cursor=abc", nil, nil, 422, "cursor_mismatch", nil},
		"stale":                 {user, "DELETE", "/api/v1/notes/" + someID, nil, []string{"If-Match", `"1.x"`}, 404, "not_found", nil},
		"forbidden":             {nobody, "GET", "/api/v1/fail/forbidden", nil, nil, 403, "forbidden", nil},
		"conflict":              {nobody, "GET", "/api/v1/fail/conflict", nil, nil, 409, "slug_taken", nil},
		"gone":                  {nobody, "GET", "/api/v1/fail/gone", nil, nil, 410, "resync_required", nil},
		"rate limit":            {nobody, "GET", "/api/v1/fail/limited", nil, nil, 429, "rate_limited", map[string]string{"Retry-After": "2"}},
		"unavailable":           {nobody, "GET", "/api/v1/fail/unavailable", nil, nil, 503, "unavailable", map[string]string{"Retry-After": "1"}},
		"deadline":              {nobody, "GET", "/api/v1/fail/deadline", nil, nil, 503, "unavailable", map[string]string{"Retry-After": "1"}},
		"timeout":               {user, "GET", "/api/v1/wait", nil, nil, 503, "unavailable", map[string]string{"Retry-After": "1"}},
		"unknown error":         {nobody, "GET", "/api/v1/fail/unknown", nil, nil, 500, "internal", nil},
		"internal error":        {nobody, "GET", "/api/v1/fail/internal", nil, nil, 500, "internal", nil},
		"panic":                 {nobody, "GET", "/api/v1/fail/panic", nil, nil, 500, "internal", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := c.client.Do(c.method, c.path, c.body, c.headers...)
			if c.code != "" {
				a.RequireProblem(c.status, c.code)
				require.Equal(t, "about:blank", a.Problem.Type)
				require.Equal(t, http.StatusText(c.status), a.Problem.Title)
				require.NotEmpty(t, a.Problem.Detail)
			}
			require.Equal(t, c.status, a.Status)
			for key, want := range c.wantHeader {
				require.Equal(t, want, a.Header.Get(key))
			}
			require.NotContains(t, string(a.Body), "hunter2", "a cause is not for clients")
			require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
			require.Empty(t, a.Header.Get("ETag"))
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
		})
	}
	require.Contains(t, out.String(), "the password is hunter2", "but the log has it")
}

func TestTheLogHasTheCauseUnderTheRequestID(t *testing.T) {
	t.Parallel()
	var out logs
	s := start(t, httpserver.Config{Log: out.logger()})
	for _, path := range []string{"/api/v1/fail/unknown", "/api/v1/fail/panic"} {
		a := s.Anonymous(t).Get(path).RequireProblem(500, "internal")
		found := 0
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, a.Problem.RequestID) && strings.Contains(line, "hunter2") {
				found++
			}
		}
		require.Equal(t, 1, found)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	for given, kept := range map[string]bool{
		"a": true, "A.b_c-9": true, strings.Repeat("x", 128): true,
		strings.Repeat("x", 129): false, "with space": false, "läuft": false, "a\tb": false, "": false,
	} {
		a := s.Anonymous(t).Get("/nowhere", "X-Request-Id", given)
		require.Equal(t, kept, a.Header.Get("X-Request-Id") == given, given)
		require.NotEmpty(t, a.Problem.RequestID)
		require.Equal(t, a.Header.Get("X-Request-Id"), a.Problem.RequestID)
	}
}

func TestInvalidFieldsAreAllNamedAndNotRepeated(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	a := s.LogIn(t, auth.RoleUser).Post("/api/v1/odd/x?n=0&at=yesterday-secret&foo=secret&is=&id=secret&n=2", `{
		"Name":"secret", "count":11, "size":1.5, "kind":"secret", "tags":["a","b","c","secret"], "nested":{"deep":null,"x":1},
		"owner_id":"secret", "other_id":"{0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55}", "at":"secret", "due_at":"secret",
		"mail":"secret"}`)
	a.RequireProblem(422, "validation_failed")
	require.Equal(t, []string{
		"body.Name", "body.at", "body.count", "body.due_at", "body.kind", "body.mail", "body.name", "body.nested.deep",
		"body.nested.x", "body.other_id", "body.owner_id", "body.size", "body.tags", "query.at", "query.foo",
		"query.id", "query.is", "query.n",
	}, a.Locations())
	require.Equal(t, "the request has 18 invalid fields", a.Problem.Detail)
	require.NotContains(t, string(a.Body), "secret")
	for _, e := range a.Problem.Errors {
		require.NotEmpty(t, e.Message)
		require.NotContains(t, e.Message, "expected", e.Location)
	}
}

func TestAHostileRequestIsNotRepeatedAtLength(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	var body bytes.Buffer
	body.WriteString(`{"name":"x"`)
	for i := range 1500 {
		body.WriteString(`,"` + strings.Repeat("x", 100+i%90) + strconv.Itoa(i) + `":1`)
	}
	body.WriteString(`,"` + strings.Repeat("z", 50_000) + `":1}`)
	a := s.LogIn(t, auth.RoleUser).Post("/api/v1/odd/x", body.Bytes())
	a.RequireProblem(422, "validation_failed")
	require.Less(t, len(a.Body), 40_000)
}

func TestABodyOfExactlyTheLimitIsRead(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{MaxBodyBytes: 100})
	body := `{"name":"x"}` + strings.Repeat(" ", 88)
	require.Len(t, body, 100)
	user := s.LogIn(t, auth.RoleUser)
	user.Post("/api/v1/odd/x", body).Require(200)
	user.Post("/api/v1/odd/x", body+" ").RequireProblem(413, "payload_too_large")
}

func TestABodyThatDoesNotArriveIsA408(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{BodyTimeout: 50 * time.Millisecond})
	slow, w := io.Pipe()
	defer w.Close()
	go func() { _, _ = w.Write([]byte(`{"name":`)) }()
	s.LogIn(t, auth.RoleUser).Post("/api/v1/odd/x", slow).RequireProblem(408, "request_timeout")
}

func TestABodyThatBreaksOffIsOurClientsFault(t *testing.T) {
	t.Parallel()
	var statuses []int
	done := make(chan struct{})
	s := httpservertest.NewWith(t, httpserver.Config{}, func(s *httpserver.Server) {
		registerOddities(s.API())
		s.Observe(func(a httpserver.Answered) { statuses = append(statuses, a.Status); close(done) })
	})
	_, token := s.Tokens.User(auth.RoleUser)
	ctx, cancel := context.WithCancel(t.Context())
	body, w := io.Pipe()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v1/odd/x", body)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	go func() {
		_, _ = w.Write([]byte(`{"name":`))
		cancel()
		_ = w.Close()
	}()
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err == nil {
		response.Body.Close()
	}
	<-done
	require.Len(t, statuses, 1)
	require.Contains(t, []int{400, 499}, statuses[0])
}
