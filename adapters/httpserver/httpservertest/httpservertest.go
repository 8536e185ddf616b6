// Package httpservertest drives a server, or a module alone, over real HTTP in a test.
package httpservertest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/clock"
)

// Server is a server under test and who may call it.
type Server struct {
	*httpserver.Server
	Tokens *authtest.Tokens
	URL    string
}

// New starts a server on a free port; register adds the routes. It stops with the test.
func New(t testing.TB, register func(api *httpserver.API)) *Server {
	t.Helper()
	return NewWith(t, httpserver.Config{}, func(s *httpserver.Server) { register(s.API()) })
}

// NewWith is [New] with a configuration, and the whole server to be put together.
func NewWith(t testing.TB, config httpserver.Config, assemble func(s *httpserver.Server)) *Server {
	t.Helper()
	if config.Clock == nil {
		config.Clock = clock.System
	}
	s := &Server{Server: httpserver.New(config), Tokens: authtest.NewTokens(config.Clock)}
	s.Authenticate(s.Tokens)
	assemble(s.Server)
	listener := httptest.NewServer(s.Handler())
	t.Cleanup(listener.Close)
	s.URL = listener.URL
	return s
}

// LogIn returns a client that is a new user of the role.
func (s *Server) LogIn(t testing.TB, role auth.Role) *Client {
	t.Helper()
	principal, token := s.Tokens.User(role)
	return &Client{t: t, url: s.URL, Principal: principal, Token: token, http: newHTTPClient(t)}
}

// Anonymous returns a client without a token.
func (s *Server) Anonymous(t testing.TB) *Client {
	t.Helper()
	return &Client{t: t, url: s.URL, http: newHTTPClient(t)}
}

func newHTTPClient(t testing.TB) *http.Client {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Client sends requests as one user. A failure to get any answer ends the test.
type Client struct {
	Principal auth.Principal
	Token     string // empty: none is sent

	t    testing.TB
	url  string
	http *http.Client
}

// Answer is what came back.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Problem httpserver.Problem // decoded when the answer is one

	t testing.TB
}

// Do sends a request. The body is sent as JSON; a []byte, a string or an [io.Reader] as it is; nil: none. Headers are
// pairs of name and value.
func (c *Client) Do(method, path string, body any, headers ...string) *Answer {
	c.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(b)
	case string:
		reader = bytes.NewReader([]byte(b))
	case io.Reader:
		reader = b
	default:
		encoded, err := json.Marshal(b)
		require.NoError(c.t, err)
		reader = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, reader)
	require.NoError(c.t, err)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(r)
	require.NoError(c.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	a := &Answer{Status: response.StatusCode, Header: response.Header, Body: content, t: c.t}
	if response.Header.Get("Content-Type") == "application/problem+json" && method != http.MethodHead {
		require.NoError(c.t, json.Unmarshal(content, &a.Problem))
	}
	return a
}

// Get sends a GET.
func (c *Client) Get(path string, headers ...string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil, headers...)
}

// Post sends a POST.
func (c *Client) Post(path string, body any, headers ...string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body, headers...)
}

// Patch sends a PATCH.
func (c *Client) Patch(path string, body any, headers ...string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPatch, path, body, headers...)
}

// Delete sends a DELETE.
func (c *Client) Delete(path string, headers ...string) *Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, path, nil, headers...)
}

// Require ends the test unless the answer has the status; it shows what came instead.
func (a *Answer) Require(status int) *Answer {
	a.t.Helper()
	require.Equal(a.t, status, a.Status, "%s", a.Body)
	return a
}

// RequireProblem ends the test unless the answer is a problem with the status and the code.
func (a *Answer) RequireProblem(status int, code string) *Answer {
	a.t.Helper()
	a.Require(status)
	require.Equal(a.t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Equal(a.t, code, a.Problem.Code, "%s", a.Body)
	require.Equal(a.t, status, a.Problem.Status)
	require.Equal(a.t, a.Header.Get("X-Request-Id"), a.Problem.RequestID)
	return a
}

// Locations returns where the problem says that the request is wrong.
func (a *Answer) Locations() []string {
	var locations []string
	for _, e := range a.Problem.Errors {
		locations = append(locations, e.Location)
	}
	return locations
}

// Decode reads the answer, which must be of the status, into v.
func (a *Answer) Decode(status int, v any) *Answer {
	a.t.Helper()
	a.Require(status)
	require.NoError(a.t, json.Unmarshal(a.Body, v), "%s", a.Body)
	return a
}

// ETag returns the entity tag of the answer.
func (a *Answer) ETag() string { return a.Header.Get("ETag") }
