package notifications_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

// entry is what is logged about the end of a socket.
type entry struct {
	Level      string        `json:"level"`
	Message    string        `json:"msg"`
	UserID     string        `json:"user_id"`
	SessionID  string        `json:"session_id"`
	Code       int           `json:"code"`
	Reason     string        `json:"reason"`
	Unwritten  int           `json:"unwritten"`
	StalledFor time.Duration `json:"stalled_for"`
}

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) handler() slog.Handler {
	return slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// ends returns what was logged about the socket of a session.
func (j *journal) ends(t *testing.T, who auth.Principal) (found []entry) {
	t.Helper()
	for line := range strings.Lines(j.String()) {
		var e entry
		if strings.Contains(line, "socket") && strings.Contains(line, who.SessionID.String()) {
			require.NoError(t, json.Unmarshal([]byte(line), &e), line)
			found = append(found, e)
		}
	}
	return found
}

// The rule: the log says once of each socket why it ended, and never a token.
func TestTheEndOfASocketIsLoggedOnce(t *testing.T) {
	t.Parallel()
	const closes = "the server closes a socket"
	for _, c := range []struct {
		name string
		end  func(h *house, c *client, who auth.Principal)
		want entry
	}{
		{
			"the session ended",
			func(h *house, _ *client, who auth.Principal) { h.Tokens.Revoke(auth.Revocation{UserID: who.UserID}) },
			entry{Level: "INFO", Message: closes, Code: 4401, Reason: "the session has ended"},
		},
		{
			"the token expired",
			func(h *house, _ *client, _ auth.Principal) { h.ahead.Store(int64(time.Hour)) },
			entry{Level: "INFO", Message: closes, Code: 4401, Reason: "the token has expired"},
		},
		{
			"no pong",
			func(_ *house, c *client, _ auth.Principal) {
				c.conn.SetPingHandler(func(string) error { return nil })
			},
			entry{Level: "WARN", Message: closes, Code: 4408, Reason: "no pong"},
		},
		{
			"a message that is too big",
			func(_ *house, c *client, _ auth.Principal) {
				_ = c.conn.WriteMessage(websocket.TextMessage, make([]byte, 10<<10))
			},
			entry{Level: "INFO", Message: closes, Code: 1009, Reason: "the message is too big"},
		},
		{
			"the server stops",
			func(h *house, _ *client, _ auth.Principal) { go h.end() },
			entry{Level: "INFO", Message: closes, Code: 1001, Reason: "shutting down: come back soon"},
		},
		{
			"the client leaves",
			func(_ *house, c *client, _ auth.Principal) {
				text := websocket.FormatCloseMessage(1000, "any text")
				_ = c.conn.WriteMessage(websocket.CloseMessage, text)
			},
			entry{Level: "DEBUG", Message: "a client left its socket", Code: 1000},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := &journal{}
			h := openLogged(t, dbtest.SQLite(t), slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}),
				func(config *notifications.Config) {
					if c.want.Code == 4408 {
						config.PingInterval = time.Second
					}
				})
			who, token := h.Tokens.Issue(auth.Principal{ExpiresAt: clock.In(10 * time.Minute)})
			socket, _ := h.ready(token, "")
			c.end(h, socket, who)
			require.Equal(t, c.want.Code, socket.closed())
			require.Eventually(t, func() bool { return h.sockets() == 0 && len(log.ends(t, who)) > 0 },
				patience, time.Millisecond)
			h.end()
			c.want.UserID, c.want.SessionID = who.UserID.String(), who.SessionID.String()
			require.Equal(t, []entry{c.want}, log.ends(t, who))
			require.NotContains(t, log.String(), token)
			require.NotContains(t, log.String(), "any text")
		})
	}
}

// The rule: of a socket that is too slow the log says how much was unwritten, and for how long.
func TestTheLogSaysHowSlowASocketWas(t *testing.T) {
	t.Parallel()
	const stallLimit = time.Second
	log := &journal{}
	h := openLogged(t, dbtest.SQLite(t), slog.NewJSONHandler(log, nil),
		func(c *notifications.Config) { c.StallLimit = stallLimit })
	who, token := h.Tokens.User(auth.RoleUser)
	h.connect(token, "") // never reads
	title := strings.Repeat("x", floodTitle)
	for range floodLength {
		h.Publish(assigned(who.UserID, title))
	}
	require.Eventually(t, func() bool { return len(log.ends(t, who)) > 0 }, patience, 10*time.Millisecond)
	h.end()
	ends := log.ends(t, who)
	require.Len(t, ends, 1)
	require.Positive(t, ends[0].Unwritten)
	require.GreaterOrEqual(t, ends[0].StalledFor, stallLimit)
	ends[0].Unwritten, ends[0].StalledFor = 0, 0
	require.Equal(t, entry{
		Level: "WARN", Message: "the server closes a socket", UserID: who.UserID.String(),
		SessionID: who.SessionID.String(), Code: 4409, Reason: "too slow: no message could be written for too long",
	}, ends[0])
	require.NotContains(t, log.String(), token)
}

// The rule: a user with too many sockets is told so in the log as well.
func TestOneSocketTooManyIsLogged(t *testing.T) {
	t.Parallel()
	log := &journal{}
	h := openLogged(t, dbtest.SQLite(t), slog.NewJSONHandler(log, nil),
		func(c *notifications.Config) { c.MaxPerUser = 1 })
	who, token := h.Tokens.User(auth.RoleUser)
	h.ready(token, "")
	require.Equal(t, 4429, h.connect(token, "").closed())
	require.Equal(t, []entry{{
		Level: "INFO", Message: "the server closes a socket", UserID: who.UserID.String(),
		SessionID: who.SessionID.String(), Code: 4429, Reason: "too many sockets",
	}}, log.ends(t, who))
}
