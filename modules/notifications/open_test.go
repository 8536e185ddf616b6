package notifications_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

func TestASocketIsOpenedByATokenInAnyOfItsPlaces(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	for name, attempt := range map[string]struct {
		query  string
		header []string
		agreed string
	}{
		"query":       {"?token=" + token, nil, ""},
		"header":      {"", []string{"Authorization", "Bearer " + token}, ""},
		"subprotocol": {"", []string{"Sec-WebSocket-Protocol", "fasttrack.v1, bearer." + token}, "fasttrack.v1"},
		"either way round": {
			"", []string{"Sec-WebSocket-Protocol", "bearer." + token + ", fasttrack.v1"}, "fasttrack.v1",
		},
	} {
		conn, _, err := h.handshake(attempt.query, attempt.header...)
		require.NoError(t, err, name)
		require.Equal(t, attempt.agreed, conn.Subprotocol(), name)
		first := h.client(conn).next()
		require.Equal(t, "ready", first.Type)
		require.JSONEq(t, fmt.Sprintf(`{"user_id":%q,"session_id":%q}`, who.UserID, who.SessionID), string(first.Data))
		require.NotEmpty(t, first.Timestamp)
	}
}

func TestABadTokenIsRefusedBeforeTheUpgrade(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	revoked, revokedToken := h.Tokens.User(auth.RoleUser)
	h.Tokens.Revoke(auth.Revocation{UserID: revoked.UserID, SessionID: revoked.SessionID})
	_, expiredToken := h.Tokens.Issue(auth.Principal{UserID: revoked.UserID, ExpiresAt: clock.System().Add(-1)})

	require.Equal(t, "unauthenticated", h.refused(401, "").Code)
	for token, code := range map[string]string{
		"nobody": "unauthenticated", "": "unauthenticated", revokedToken: "token_revoked", expiredToken: "token_expired",
	} {
		require.Equal(t, code, h.refused(401, "?token="+token).Code)
		if token == "" {
			continue
		}
		require.Equal(t, code, h.refused(401, "", "Authorization", "Bearer "+token).Code)
		require.Equal(t, code, h.refused(401, "", "Sec-WebSocket-Protocol", "fasttrack.v1, bearer."+token).Code)
	}
	require.Equal(t, "unauthenticated", h.refused(401, "", "Authorization", "Basic "+revokedToken).Code)
	require.Equal(t, "unauthenticated", h.refused(401, "?after_seq=3&colour=red").Code, "401 comes before 422")
}

func TestPagesOfForeignOriginsMayNotConnect(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) {
		c.Origins = []string{"https://app.example.com", "https://*.example.org", "http://localhost:3000"}
	})
	_, token := h.user()
	own := strings.TrimPrefix(h.URL, "http://")
	for origin, allowed := range map[string]bool{
		"http://" + own:                 true,
		"https://" + own:                true, // a proxy may speak TLS for us
		"https://app.example.com":       true,
		"HTTPS://APP.example.com":       true,
		"http://app.example.com":        false,
		"https://app.example.com:8443":  false,
		"https://app.example.com.evil":  false,
		"https://a.example.org":         true,
		"https://example.org":           false,
		"https://evil.com/.example.org": false,
		"http://localhost:3000":         true,
		"http://localhost:3001":         false,
		"https://evil.example":          false,
		"null":                          false,
		own:                             false,
	} {
		if allowed {
			conn, _, err := h.handshake("?token="+token, "Origin", origin)
			require.NoError(t, err, origin)
			h.client(conn).next()
			continue
		}
		require.Equal(t, "forbidden", h.refused(403, "?token="+token, "Origin", origin).Code, origin)
		require.Equal(t, "unauthenticated", h.refused(401, "?token=nobody", "Origin", origin).Code, "401 comes before 403")
	}
}

// The rule: a foreign page cannot use up a ticket.
func TestATicketOutlivesAForeignOrigin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		_, token := h.user()
		ticket := h.ticket(token)
		for range 2 {
			require.Equal(t, "forbidden", h.refused(403, "?ticket="+ticket, "Origin", "https://evil.example").Code)
		}
		require.Equal(t, "forbidden", h.refused(403, "?ticket=nobody", "Origin", "https://evil.example").Code,
			"nor can it ask which tickets there are")
		h.Anonymous(t).Get("/api/v1/notifications/stream?ticket="+ticket, "Origin", "https://evil.example").
			RequireProblem(403, "forbidden")
		conn, _, err := h.handshake("?ticket="+ticket, "Origin", h.URL)
		require.NoError(t, err)
		h.client(conn).isReady()
	})
}

func TestWhatIsNoHandshakeIsAProblem(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	c := h.LogIn(t, auth.RoleUser)
	c.Get("/ws").RequireProblem(400, "malformed")
	c.Get("/ws", "Connection", "Upgrade", "Upgrade", "websocket").RequireProblem(400, "malformed")
	c.Get("/ws", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "12", "Sec-WebSocket-Key", "x").
		RequireProblem(400, "malformed")
	c.Get("/ws", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "x").
		RequireProblem(400, "malformed")
	c.Get("/ws?colour=red").RequireProblem(422, "validation_failed")
	c.Post("/ws", nil).RequireProblem(405, "method_not_allowed")
}

func TestTheSocketIsDocumented(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	var document struct {
		Paths map[string]map[string]struct {
			Responses  map[string]any
			Parameters []struct{ Name string }
		}
	}
	h.Anonymous(t).Get("/openapi.json").Decode(200, &document)
	socket, ok := document.Paths["/ws"]["get"]
	require.True(t, ok)
	for _, status := range []string{"101", "400", "401", "403", "422", "503"} {
		require.Contains(t, socket.Responses, status)
	}
	require.Len(t, socket.Parameters, 3)
}

func TestAUserHasABoundedNumberOfSockets(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.MaxPerUser = 2 })
	_, ann := h.user()
	_, bob := h.user()
	first, _ := h.ready(ann, "")
	second, _ := h.ready(ann, "")
	require.Equal(t, 4429, h.connect(ann, "").closed())
	h.ready(bob, "")
	first.isAlive()
	second.isAlive()

	// A place becomes free once the server has noticed that its socket is gone.
	require.NoError(t, first.conn.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")))
	require.Equal(t, 1000, first.closed())
	require.Eventually(t, func() bool { return h.sockets() == 2 }, patience, time.Millisecond)
	h.ready(ann, "")
}

// The rule: after_seq says where to begin, and what cannot be continued begins at the end.
func TestASocketBeginsWhereItIsAskedTo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		user, token := h.user()
		h.assigns(user, 1, 30)
		h.purge(user, 11)

		c, first := h.ready(token, "")
		require.EqualValues(t, 30, first.Seq)
		c.isAlive()
		for _, after := range []int64{10, 11, 28, 30} {
			c, first := h.ready(token, fmt.Sprintf("&after_seq=%d", after))
			require.Equal(t, after, first.Seq, "the number after which the socket goes on")
			c.expect(after+1, 30)
			c.isAlive()
		}
		var resynced []*client
		for _, bad := range []string{"-1", "x", "", "1e3", "1.5", "99999999999999999999", "3&after_seq=3"} {
			problem := h.refused(422, "?token="+token+"&after_seq="+bad)
			require.Equal(t, "query.after_seq", problem.Errors[0].Location, bad)
		}
		for _, after := range []string{"9", "0", "31"} {
			c, first := h.ready(token, "&after_seq="+after)
			require.EqualValues(t, 30, first.Seq, after)
			next := c.next()
			require.Equal(t, message{Type: "resync_required"}, next)
			c.isAlive()
			resynced = append(resynced, c)
		}
		h.assigns(user, 31, 1)
		for _, c := range resynced {
			c.expect(31, 31)
		}
	})
}

func TestAMessageHasTheShapeOfTheContract(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	c, _ := h.ready(token, "")
	event := assigned(user, "Dig")
	h.Publish(event)
	_, text, err := c.conn.ReadMessage()
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got))
	require.Len(t, got["id"], 36)
	delete(got, "id")
	require.Equal(t, map[string]any{
		"type": "task_assigned", "seq": 1.0, "timestamp": event.At.Format("2006-01-02T15:04:05.000000Z"),
		"data": map[string]any{
			"task_id": event.TaskID.String(), "title": "Dig", "project_id": event.ProjectID.String(), "project": "Garden",
			"by": event.By.Name, "by_id": event.By.ID.String(),
		},
	}, got)
}
