package notifications_test

import (
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

// The rule: whenever a session ends while its socket is being opened, the socket does not stay open.
func TestASessionThatEndsDuringTheHandshakeKeepsNoSocket(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	for range 100 {
		who, token := h.Tokens.User(auth.RoleUser)
		go h.Tokens.Revoke(auth.Revocation{UserID: who.UserID, SessionID: who.SessionID})
		conn, _, err := h.handshake("?token=" + token)
		if err != nil {
			continue
		}
		require.Equal(t, 4401, newClient(t, conn).closed())
	}
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
	began := time.Now()
	require.Equal(t, 4401, lazy.closed())
	require.Less(t, time.Since(began), 5*time.Second)
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

// The rule: who does not read is closed, never waited for, and nobody else notices.
func TestASlowClientDelaysNobody(t *testing.T) {
	t.Parallel()
	const stallLimit = 3 * time.Second
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.StallLimit = stallLimit })
	user, token := h.user()
	_, otherToken := h.user()
	slow := h.connect(token, "")
	quick, _ := h.ready(token, "")
	other, _ := h.ready(otherToken, "")

	const total = 100
	long := strings.Repeat("x", 200<<10) // together more than the buffers of any connection hold
	worst := time.Duration(0)
	for seq := range int64(total) {
		began := time.Now()
		h.Publish(assigned(user, long))
		quick.expect(seq+1, seq+1)
		worst = max(worst, time.Since(began))
	}
	require.Less(t, worst, stallLimit, "the slow client of the same user delays it")
	other.isAlive()

	// Its place becomes free although it never reads; then it finds either the code or a cut connection.
	require.Eventually(t, func() bool { return h.sockets() == 2 }, patience, 10*time.Millisecond)
	quick.isAlive()
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
