package httpserver_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
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

func TestAHeadThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	s := httpserver.New(httpserver.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), l) }()
	defer func() { require.NoError(t, s.Shutdown(context.Background())); require.NoError(t, <-served) }()
	r, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+"/livez", nil)
	require.NoError(t, err)
	r.Header.Set("X-Large", strings.Repeat("x", 128<<10))
	response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}
