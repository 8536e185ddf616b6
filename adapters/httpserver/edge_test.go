package httpserver_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
)

func unzipped(t *testing.T, a *httpservertest.Answer) string {
	t.Helper()
	var from io.Reader
	var err error
	switch encoding := a.Header.Get("Content-Encoding"); encoding {
	case "gzip":
		from, err = gzip.NewReader(bytes.NewReader(a.Body))
	case "zstd":
		from, err = zstd.NewReader(bytes.NewReader(a.Body), zstd.WithDecoderConcurrency(1))
	default:
		t.Fatalf("not compressed but %q", encoding)
	}
	require.NoError(t, err)
	text, err := io.ReadAll(from)
	require.NoError(t, err)
	return string(text)
}

func TestCompressionChangesTheBytesAndNothingElse(t *testing.T) {
	t.Parallel()
	s := start(t, httpserver.Config{})
	user := s.LogIn(t, auth.RoleUser)
	location := user.Post("/api/v1/notes", map[string]string{"text": strings.Repeat("€", 500)}).Require(201).Header.Get("Location")
	for _, path := range []string{location, "/api/v1/notes", "/openapi.json", "/docs/swagger-ui.css"} {
		plain := user.Get(path).Require(200)
		require.Empty(t, plain.Header.Get("Content-Encoding"), path)
		for _, accept := range []string{"gzip", "zstd", "br, gzip;q=0.5"} {
			a := user.Get(path, "Accept-Encoding", accept).Require(200)
			require.Equal(t, string(plain.Body), unzipped(t, a), path)
			require.Less(t, len(a.Body), len(plain.Body))
			require.Equal(t, plain.Header.Get("Content-Type"), a.Header.Get("Content-Type"))
			require.Equal(t, plain.ETag(), a.ETag())
			require.Contains(t, a.Header.Values("Vary"), "Accept-Encoding")
		}
		require.Contains(t, plain.Header.Values("Vary"), "Accept-Encoding")
		require.Empty(t, user.Get(path, "Accept-Encoding", "gzip;q=0, identity").Require(200).Header.Get("Content-Encoding"))
	}
	tag := user.Get(location, "Accept-Encoding", "gzip").ETag()
	require.NotEmpty(t, tag)
	user.Get(location, "Accept-Encoding", "gzip", "If-None-Match", tag).Require(304)
	user.Patch(location, map[string]string{"text": "short"}, "If-Match", tag, "Accept-Encoding", "gzip").Require(200)
	require.Empty(t, user.Get(location, "Accept-Encoding", "gzip").Header.Get("Content-Encoding"), "too small to gain anything")
}

// TestNothingIsCompressedBesideASecret: the size of a token beside text that an attacker chose would tell about it.
func TestNothingIsCompressedBesideASecret(t *testing.T) {
	t.Parallel()
	type answer struct {
		Body struct {
			Token string `json:"token"`
		}
	}
	s := httpservertest.NewWith(t, httpserver.Config{}, func(s *httpserver.Server) {
		for i, path := range []string{"/auth/login", "/ws/tickets", "/others"} {
			httpserver.Register(s.API(), httpserver.Operation{
				ID: fmt.Sprint("op-", i), Method: "POST", Path: path, Summary: "x", Tag: "x", Public: true,
			}, func(context.Context, *struct{}) (*answer, error) {
				a := &answer{}
				a.Body.Token = strings.Repeat("secret", 1000)
				return a, nil
			})
		}
	})
	anyone := s.Anonymous(t)
	for path, want := range map[string]string{"/auth/login": "", "/ws/tickets": "", "/others": "gzip"} {
		a := anyone.Post("/api/v1"+path, nil, "Accept-Encoding", "gzip").Require(200)
		require.Equal(t, want, a.Header.Get("Content-Encoding"), path)
	}
}

func TestAStreamIsNotCompressed(t *testing.T) {
	t.Parallel()
	s := raw(t, httpserver.Config{})
	_, token := s.Tokens.User(auth.RoleUser)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/stream", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Empty(t, response.Header.Get("Content-Encoding"))
	line, err := bufio.NewReader(response.Body).ReadString('\n')
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "data: "), "it is flushed at once")
}

// TestDeepJSONIsRefused: however deep a body is nested, reading it takes no more than its length.
func TestDeepJSONIsRefused(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, depth := range []int{100, 9_990, 100_000} {
		objects := strings.Repeat(`{"nested":`, depth) + "1" + strings.Repeat("}", depth)
		arrays := `{"name":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
		for _, body := range []string{objects[:min(len(objects), 1<<20)], arrays, strings.Repeat("[", depth)} {
			require.Contains(t, []int{400, 422}, user.Post("/api/v1/odd/x", body).Status)
		}
	}
}

// TestABodyOfManyValuesIsRefused: a few bytes each become a hundred in memory, so it is refused before it is decoded. A long
// text with the same characters is not.
func TestABodyOfManyValuesIsRefused(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, body := range []string{
		`{"text":[` + strings.Repeat("1,", 3000) + `1]}`, "[" + strings.Repeat("{},", 3000) + "{}]",
		`{"text":"x"` + strings.Repeat(`,"x":1`, 3000) + "}", strings.Repeat("{", 3000), strings.Repeat("[", 3000),
	} {
		p := user.Post("/api/v1/notes", body).RequireProblem(400, "malformed")
		require.Equal(t, "the body holds too many values", p.Problem.Detail)
	}
	user.Post("/api/v1/notes", `{"text":"`+strings.Repeat(`\"{[,`, 80)+`"}`).Require(201)
}

// TestAClientThatDripsItsRequestIsCutOff: neither a head nor a body that never ends keeps a connection.
func TestAClientThatDripsItsRequestIsCutOff(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{HeaderTimeout: 100 * time.Millisecond, BodyTimeout: 100 * time.Millisecond})
	registerOddities(s.API())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), l) }()
	defer func() { require.NoError(t, s.Shutdown(context.Background())); require.NoError(t, <-served) }()

	for name, request := range map[string]string{
		"head": "GET /livez HTTP/1.1\r\nHost: x\r\nX-Drip: ",
		"body": "POST /api/v1/toggle HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, request)
			require.NoError(t, err)
			go func() {
				for {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}()
			require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
			_, err = io.Copy(io.Discard, conn)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server has let it go on")
		})
	}
}

// serve has the server listen until the test ends, as a program does, and returns its address.
func serve(t *testing.T, s *httpserver.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		require.NoError(t, s.Shutdown(context.Background()))
		require.NoError(t, <-served)
	})
	return l.Addr().String()
}

// TestWhatNoHandlerSees: what net/http refuses by itself is answered, logged and counted like everything else. A new Go
// that words its refusals otherwise fails here.
func TestWhatNoHandlerSees(t *testing.T) {
	t.Parallel()
	var out logs
	s := httpserver.New(httpserver.Config{Log: out.logger(), Environment: "production"})
	var counted atomic.Int64
	s.Observe(func(a httpserver.Answered) { counted.Add(int64(a.Status)) })
	address := serve(t, s)

	const get = "GET /livez HTTP/1.1\r\nHost: x\r\n"
	for name, c := range map[string]struct {
		request string
		status  int
		code    string
	}{
		"too large":         {get + "X-Large: " + strings.Repeat("x", 128<<10) + "\r\n\r\n", 431, "head_too_large"},
		"no HTTP":           {"\x16\x03\x01 hello\r\n\r\n", 400, "malformed"},
		"no host":           {"GET /livez HTTP/1.1\r\n\r\n", 400, "malformed"},
		"bad host":          {"GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "malformed"},
		"bad name":          {get + "X Y: 1\r\n\r\n", 400, "malformed"},
		"bad value":         {get + "X: \x00\r\n\r\n", 400, "malformed"},
		"bad escape":        {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed"},
		"two lengths":       {get + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "malformed"},
		"odd transfer":      {get + "Transfer-Encoding: gzip\r\n\r\n", 400, "malformed"},
		"another version":   {"GET /livez HTTP/3.0\r\nHost: x\r\n\r\n", 400, "malformed"},
		"odd expectation":   {get + "Expect: miracles\r\n\r\n", 417, "expectation_failed"},
		"about everything":  {"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
		"what a handler is": {"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			before := counted.Load()
			go func() { _, _ = io.WriteString(conn, c.request) }() // of the large one not all is taken
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)

			require.Equal(t, c.status, response.StatusCode, "%s", body)
			var p httpserver.Problem
			require.NoError(t, json.Unmarshal(body, &p), "%s", body)
			require.Equal(t, c.code, p.Code)
			require.Equal(t, c.status, p.Status)
			h := response.Header
			require.Equal(t, "application/problem+json", h.Get("Content-Type"))
			require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			require.NotEmpty(t, h.Get("Strict-Transport-Security"))
			require.NotEmpty(t, p.RequestID)
			require.Equal(t, p.RequestID, h.Get("X-Request-Id"))
			require.True(t, response.Close)
			require.Eventually(t, func() bool { return counted.Load() == before+int64(c.status) }, time.Minute, time.Millisecond)
			require.Eventually(t, func() bool { return strings.Contains(out.String(), "request_id="+p.RequestID) },
				time.Minute, time.Millisecond)
		})
	}
}

// TestNobodyWritesARefusal: an answer is written in pieces of a few KiB, and each may begin with what somebody put into it.
func TestNobodyWritesARefusal(t *testing.T) {
	t.Parallel()
	text := func(pad string) string { return pad + strings.Repeat("HTTP/1.1 417 ", 2000) }
	s := httpserver.New(httpserver.Config{})
	s.API().Root().Handle(httpserver.Operation{
		ID: "read-text", Method: http.MethodGet, Path: "/text", Summary: "x", Tag: "x", Public: true,
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, text(r.URL.Query().Get("pad")))
	}))
	conn, err := net.Dial("tcp", serve(t, s))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	answers := bufio.NewReader(conn)
	for pad := ""; len(pad) < 13; pad += "a" {
		fmt.Fprintf(conn, "GET /text?pad=%s HTTP/1.1\r\nHost: x\r\n\r\n", pad)
		response, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, text(pad), string(body))
	}
	_, err = io.WriteString(conn, "GET /text HTTP/1.1\r\nHost: a b\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "application/problem+json", response.Header.Get("Content-Type"), "the next head is net/http's again")
}
