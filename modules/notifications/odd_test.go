package notifications_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
)

// The rule: a handshake of any kind opens a socket or is answered by what the client did wrong. Nothing is left of it, and
// the server is not to blame.
func TestOddHandshakes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		log := &journal{}
		h := openLogged(t, db, log.handler())
		_, token := h.user()
		address := strings.TrimPrefix(h.URL, "http://")
		const upgrade, version, key = "Connection: Upgrade\r\nUpgrade: websocket\r\n", "Sec-WebSocket-Version: 13\r\n",
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		const hands = upgrade + version + key
		bearer := "Authorization: Bearer " + token + "\r\n"
		for name, c := range map[string]struct {
			method, query, headers, body string
			status                       int
		}{
			"good":                    {"GET", "", bearer + hands, "", 101},
			"in other cases":          {"GET", "", bearer + "connection: x, UPGRADE\r\nUPGRADE: WebSocket\r\n" + version + key, "", 101},
			"with extensions":         {"GET", "", bearer + hands + "Sec-WebSocket-Extensions: permessage-deflate\r\n", "", 101},
			"by POST":                 {"POST", "", bearer + hands + "Content-Length: 0\r\n", "", 405},
			"by HEAD":                 {"HEAD", "", bearer + hands, "", 405},
			"with a body":             {"GET", "", bearer + hands + "Content-Length: 2\r\n", "{}", 400},
			"with a body in chunks":   {"GET", "", bearer + hands + "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", 400},
			"no key":                  {"GET", "", bearer + upgrade + version, "", 400},
			"a short key":             {"GET", "", bearer + upgrade + version + "Sec-WebSocket-Key: AAAA\r\n", "", 400},
			"a key that is no base64": {"GET", "", bearer + upgrade + version + "Sec-WebSocket-Key: ????????????????????????\r\n", "", 400},
			"two keys":                {"GET", "", bearer + hands + key, "", 400},
			"an old version":          {"GET", "", bearer + upgrade + "Sec-WebSocket-Version: 8\r\n" + key, "", 400},
			"two versions":            {"GET", "", bearer + upgrade + "Sec-WebSocket-Version: 8, 13\r\n" + key, "", 400},
			"another protocol":        {"GET", "", bearer + "Connection: Upgrade\r\nUpgrade: h2c\r\n" + version + key, "", 400},
			"two origins":             {"GET", "", bearer + hands + strings.Repeat("Origin: "+h.URL+"\r\n", 2), "", 403},
			"two tokens":              {"GET", "", bearer + bearer + hands, "", 401},
			"a token as a protocol":   {"GET", "", "Sec-WebSocket-Protocol: bearer." + token + "\r\n" + hands, "", 101},
			"odd protocols":           {"GET", "", bearer + "Sec-WebSocket-Protocol: ,,;\x80,\r\n" + hands, "", 101},
			"no token":                {"GET", "", hands, "", 401},
			"the longest after_seq":   {"GET", "?after_seq=9223372036854775807", bearer + hands, "", 101},
			"a longer one":            {"GET", "?after_seq=9223372036854775808", bearer + hands, "", 422},
			"two of them":             {"GET", "?after_seq=1&after_seq=1", bearer + hands, "", 422},
			"an empty one":            {"GET", "?after_seq=", bearer + hands, "", 422},
			"a NUL":                   {"GET", "?after_seq=%00", bearer + hands, "", 422},
			"a ticket of NUL":         {"GET", "?ticket=%00", hands, "", 401},
			"a ticket of 10 KB":       {"GET", "?ticket=" + strings.Repeat("x", 10_000), hands, "", 401},
			"a ticket of no text":     {"GET", "?ticket=%ff%fe", hands, "", 401},
			"two tickets":             {"GET", "?ticket=a&ticket=b", hands, "", 401},
			"a query that is none":    {"GET", "?%zz", bearer + hands, "", 400},
		} {
			status := h.raw(t, fmt.Sprintf("%s /ws%s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", c.method, c.query, address, c.headers, c.body))
			require.Equal(t, c.status, status, name)
		}
		require.Equal(t, 400, h.raw(t, "GET /ws HTTP/1.0\r\nHost: "+address+"\r\n"+bearer+hands+"\r\n"))
		require.Eventually(t, func() bool { return h.sockets() == 0 }, patience, time.Millisecond)
		require.NotContains(t, log.String(), "panic")
		require.NotContains(t, log.String(), `"level":"ERROR"`)
		h.ready(token, "")
	})
}

// The rule: numbers at the ends of what a number can be do no harm to either database.
func TestNumbersAtTheirEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		log := &journal{}
		h := openLogged(t, db, log.handler())
		user, token := h.user()
		c, _ := h.ready(token, fmt.Sprintf("&after_seq=%d", int64(math.MaxInt64)))
		require.Equal(t, "resync_required", c.next().Type)
		for _, seq := range []string{"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e18", "0.5", "1.0e0", "-0"} {
			c.say(`{"type":"ack","seq":` + seq + `}`)
			require.Equal(t, "validation_failed", code(t, c.next()), seq)
		}
		c.say(`{"type":"ack","seq":9,"seq":1}`)
		require.Equal(t, "validation_failed", code(t, c.next()), "nothing was sent yet")
		h.assigns(user, 1, 1)
		c.expect(1, 1)
		s := h.source("", "Authorization", "Bearer "+token, "Last-Event-ID", "9223372036854775807")
		require.Equal(t, "ready", s.next().event)
		require.Equal(t, "resync_required", s.next().event)
		reader := h.Anonymous(t)
		reader.Token = token
		reader.Get("/api/v1/notifications?after_seq=9223372036854775807").RequireProblem(410, "resync_required")
		c.isAlive()
		require.NotContains(t, log.String(), `"level":"ERROR"`)
	})
}

// raw sends a request as it stands, and returns the status of the answer.
func (h *house) raw(t *testing.T, request string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err, "%q", request)
	return answer.StatusCode
}
