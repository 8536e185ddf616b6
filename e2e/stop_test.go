package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestStoppingLosesNothing: at SIGTERM a node first says that it is not ready while it still serves, then takes no more
// connections, finishes what it has begun, tells the sockets to come back elsewhere, and ends with 0.
func TestStoppingLosesNothing(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Launch(t, url, "DRAIN_DELAY=700ms")
		ann := p.Register("Ann")
		project := ann.Project("Busy")
		tasks := "/api/v1/projects/" + project.ID + "/tasks"
		socket := ann.Socket("")
		stream, err := ann.Follow("")
		require.NoError(t, err)
		ready, err := stream.Next()
		require.NoError(t, err)
		require.Equal(t, "ready", ready.Type)
		p.Do("GET", "/readyz", nil).Wants(200)

		slow := beginRequest(t, ann, tasks, `{"title":"begun before the end"}`)
		var acknowledged, refused atomic.Int32
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			harness.AtOnce(4, func(int) {
				for {
					a, err := ann.Try("POST", tasks, map[string]any{"title": "Dig"})
					if err != nil {
						assert.True(t, harness.IsGone(err), "%v", err)
						return
					}
					if !assert.Equal(t, 201, a.Status, "%s", a.Body) {
						refused.Add(1)
						return
					}
					acknowledged.Add(1)
				}
			})
		}()
		require.Eventually(t, func() bool { return acknowledged.Load() > 20 }, harness.Patience, time.Millisecond)

		p.Terminate()
		require.Eventually(t, func() bool {
			a, err := p.Try("GET", "/readyz", nil)
			return err == nil && a.Status == http.StatusServiceUnavailable
		}, harness.Patience, time.Millisecond, "not ready any more")
		p.Do("GET", "/livez", nil).Wants(200)
		ann.Get("/users/me").Wants(200) // while load balancers look away

		socket.ExpectClose(1001)
		_, err = stream.Next()
		require.ErrorIs(t, err, io.EOF, "the stream was cut and not ended")
		require.Eventually(t, func() bool {
			conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		}, harness.Patience, time.Millisecond, "no more connections")
		require.Equal(t, 201, slow.finish(), "what had begun is finished")
		require.Equal(t, 0, p.ExitCode(), p.Log)
		<-stopped

		// Every write was acknowledged, and every acknowledged write is there: none was cut off half way.
		again := harness.Launch(t, url)
		got := len(harness.All[harness.Task](again.With(ann.Tokens.AccessToken), strings.TrimPrefix(tasks, "/api/v1")))
		require.Equal(t, int(acknowledged.Load())+1, got)
		again.Terminate()
		require.Equal(t, 0, again.ExitCode())
	})
}

// halfRequest is a request of which the last byte is missing.
type halfRequest struct {
	t    *testing.T
	conn net.Conn
	rest string
}

func beginRequest(t *testing.T, as *harness.Person, path, body string) *halfRequest {
	t.Helper()
	request, err := as.Request("POST", path, body)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", request.URL.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(2*harness.Patience)))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, request.URL.Host, request.Header.Get("Authorization"),
		len(body), body[:len(body)-1])
	require.NoError(t, err)
	return &halfRequest{t, conn, body[len(body)-1:]}
}

// finish sends the last byte and returns the status of the answer.
func (h *halfRequest) finish() int {
	h.t.Helper()
	_, err := h.conn.Write([]byte(h.rest))
	require.NoError(h.t, err)
	response, err := http.ReadResponse(bufio.NewReader(h.conn), nil)
	require.NoError(h.t, err)
	require.NoError(h.t, response.Body.Close())
	return response.StatusCode
}
