package notifications_test

import (
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

func TestTheSocketsOfARevokedSessionAreClosed(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	_, otherToken := h.Tokens.Issue(auth.Principal{UserID: who.UserID})
	_, strangerToken := h.user()
	first, _ := h.ready(token, "")
	second, _ := h.ready(token, "")
	other, _ := h.ready(otherToken, "")
	stranger, _ := h.ready(strangerToken, "")

	h.Tokens.Revoke(auth.Revocation{UserID: who.UserID, SessionID: who.SessionID})
	require.Equal(t, 4401, first.closed())
	require.Equal(t, 4401, second.closed())
	other.isAlive()
	require.Equal(t, "token_revoked", h.refused(401, "?token="+token).Code)

	h.Tokens.Revoke(auth.Revocation{UserID: who.UserID})
	require.Equal(t, 4401, other.closed())
	stranger.isAlive()
}

// The rule: whenever a session ends while its socket is being opened, the socket is refused or closed.
func TestASessionThatEndsDuringTheHandshakeKeepsNoSocket(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	const rounds = 40
	opened := 0
	for range rounds {
		for _, moment := range []string{"before", "connected", "answered"} {
			who, token := h.Tokens.User(auth.RoleUser)
			end := func() { go h.Tokens.Revoke(auth.Revocation{UserID: who.UserID, SessionID: who.SessionID}) }
			trace := &httptrace.ClientTrace{}
			switch moment {
			case "before":
				end()
			case "connected":
				trace.GotConn = func(httptrace.GotConnInfo) { end() }
			case "answered":
				trace.GotFirstResponseByte = end
			}
			conn, response, err := h.handshakeWith(httptrace.WithClientTrace(t.Context(), trace), "?token="+token)
			if err != nil {
				require.ErrorIs(t, err, websocket.ErrBadHandshake, moment)
				require.Equal(t, 401, response.StatusCode, moment)
				continue
			}
			opened++
			require.Equal(t, 4401, h.client(conn).closed(), moment)
		}
	}
	require.GreaterOrEqual(t, opened, rounds, "a session that ends after the answer had a socket")
}

func TestASocketEndsWithItsTokenUnlessItIsRenewed(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	expires := func(in time.Duration) time.Time { return clock.System().Add(in) }
	who, token := h.Tokens.Issue(auth.Principal{ExpiresAt: expires(10 * time.Minute)})
	renewed := who
	renewed.ExpiresAt = expires(20 * time.Minute)
	_, newToken := h.Tokens.Issue(renewed)
	lazy, _ := h.ready(token, "")
	eager, _ := h.ready(token, "")
	eager.say(`{"type":"authenticate","token":"` + newToken + `"}`)
	require.Equal(t, message{Type: "authenticated"}, eager.next())
	// An older token does not shorten it again.
	eager.say(`{"type":"authenticate","token":"` + token + `"}`)
	require.Equal(t, message{Type: "authenticated"}, eager.next())

	h.ahead.Store(int64(15 * time.Minute))
	require.Equal(t, 4401, lazy.closed())
	eager.isAlive()
	h.ahead.Store(int64(25 * time.Minute))
	require.Equal(t, 4401, eager.closed())
}

func TestAClientThatDoesNotAnswerIsDropped(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.PingInterval = time.Second })
	_, token := h.user()
	silent, _ := h.ready(token, "")
	silent.conn.SetPingHandler(func(string) error { return nil })
	pings := make(chan struct{}, 100)
	polite, _ := h.ready(token, "")
	answer := polite.conn.PingHandler()
	polite.conn.SetPingHandler(func(data string) error {
		pings <- struct{}{}
		return answer(data)
	})
	go func() { _, _ = polite.read() }()
	require.Equal(t, 4408, silent.closed())
	for range 3 {
		select {
		case <-pings:
		case <-time.After(patience):
			t.Fatal("no ping")
		}
	}
}

// A flood is this many notifications with titles of this many bytes: together more than a connection's buffers hold.
const (
	floodLength = 100
	floodTitle  = 200 << 10
)

// The rule: nobody waits for a client that does not read. The stall limit is far beyond the test's patience, so the
// slow client is there all the time, and whoever waited for it would fail.
func TestASlowClientDelaysNobody(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.StallLimit = 10 * patience })
	user, token := h.user()
	_, otherToken := h.user()
	h.connect(token, "") // never reads
	quick, _ := h.ready(token, "")
	other, _ := h.ready(otherToken, "")
	title := strings.Repeat("x", floodTitle)
	for seq := range int64(floodLength) {
		h.Publish(assigned(user, title))
		quick.expect(seq+1, seq+1)
	}
	quick.isAlive()
	other.isAlive()
	require.Equal(t, 3, h.sockets(), "the slow client was closed before its time")
}

// The rule: a client that does not read is closed, and no other.
func TestASlowClientIsClosed(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.StallLimit = 3 * time.Second })
	user, token := h.user()
	_, otherToken := h.user()
	slow := h.connect(token, "")
	quick, _ := h.ready(token, "")
	other, _ := h.ready(otherToken, "")
	title := strings.Repeat("x", floodTitle)
	for seq := range int64(floodLength) {
		h.Publish(assigned(user, title))
		quick.expect(seq+1, seq+1)
	}
	// Its place becomes free although it never reads; then it finds either the code or a cut connection.
	require.Eventually(t, func() bool { return h.sockets() == 2 }, patience, 10*time.Millisecond)
	quick.isAlive()
	other.isAlive()
	require.Contains(t, []int{4409, 1006}, slow.closed())
}

func TestShuttingDownTellsEveryClient(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	var clients []*client
	for range 20 {
		_, token := h.user()
		c, _ := h.ready(token, "")
		clients = append(clients, c)
	}
	_, token := h.user()
	deaf, _ := h.ready(token, "") // one that does not read does not hold it up
	began := time.Now()
	ended := make(chan struct{})
	go func() { h.end(); close(ended) }()
	for _, c := range clients {
		require.Equal(t, 1001, c.closed())
	}
	<-ended
	require.Less(t, time.Since(began), 10*time.Second)
	require.Equal(t, 1001, deaf.closed())
	require.Equal(t, "unavailable", h.refused(503, "?token="+token).Code)
}

// The rule: nothing of a socket is left when it is gone. (Not parallel: other tests have goroutines as well.)
func TestNothingIsLeftOfClosedSockets(t *testing.T) { //nolint:paralleltest // counts goroutines
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.MaxPerUser = 3 })
	user, token := h.user()
	warm, _ := h.ready(token, "") // until then the module may still be starting
	h.assigns(user, 1, 1)
	warm.expect(1, 1)
	_ = warm.conn.Close()
	require.Eventually(t, func() bool { return h.sockets() == 0 }, patience, 10*time.Millisecond)

	before := goleak.IgnoreCurrent()
	for round := range 5 {
		var clients []*client
		who, token := h.Tokens.User(auth.RoleUser)
		for range 5 { // two of them are too many
			clients = append(clients, h.connect(token, ""))
		}
		h.assigns(who.UserID, 1, 10)
		if round%2 == 0 {
			h.Tokens.Revoke(auth.Revocation{UserID: who.UserID})
		}
		for i, c := range clients {
			if i%2 == 0 {
				_ = c.conn.Close()
				continue
			}
			_ = c.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""))
			c.closed()
			_ = c.conn.Close()
		}
	}
	require.Eventually(t, func() bool { return h.sockets() == 0 && goleak.Find(before) == nil },
		patience, 50*time.Millisecond)
}
