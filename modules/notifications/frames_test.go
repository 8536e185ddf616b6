package notifications_test

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications"
	"fasttrack/shared/auth"
)

func TestAnAckMarksRead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		ann := h.LogIn(t, auth.RoleUser)
		unread := func() []int64 {
			var l list
			ann.Get("/api/v1/notifications?unread=true&after_seq=0").Decode(200, &l)
			return l.seqs()
		}
		h.assigns(ann.Principal.UserID, 1, 2)
		c, _ := h.ready(ann.Token, "")
		h.assigns(ann.Principal.UserID, 3, 3)
		c.expect(3, 5)

		c.say(`{"type":"ack","seq":4}`)
		c.isAlive() // what is said is done in order
		require.Equal(t, []int64{5}, unread())
		c.say(`{"type":"ack","seq":1}`)
		c.isAlive()
		c.say(`{"type":"ack","seq":6}`)
		require.Equal(t, "validation_failed", code(t, c.next()), "nobody has read what was not sent")
		require.Equal(t, []int64{5}, unread())
		c.say(`{"type":"ack","seq":5}`)
		c.isAlive()
		require.Empty(t, unread())

		recording := db.Record()
		c.say(`{"type":"ack","seq":5}`)
		c.say(`{"type":"ack","seq":3}`)
		c.isAlive()
		recording.Stop()
		for _, statement := range recording.Statements() {
			require.NotContains(t, statement, "UPDATE", "what is marked is not marked again")
		}
	})
}

func TestAuthenticateKeepsToTheSession(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	who, token := h.Tokens.User(auth.RoleUser)
	_, sameUser := h.Tokens.Issue(auth.Principal{UserID: who.UserID})
	_, stranger := h.user()
	gone, revoked := h.Tokens.User(auth.RoleUser)
	h.Tokens.Revoke(auth.Revocation{UserID: gone.UserID})
	c, _ := h.ready(token, "")
	for presented, refusal := range map[string]string{
		"nobody": "unauthenticated", "": "unauthenticated", revoked: "token_revoked",
		sameUser: "session_mismatch", stranger: "session_mismatch",
	} {
		c.say(`{"type":"authenticate","token":"` + presented + `"}`)
		require.Equal(t, refusal, code(t, c.next()))
	}
	c.say(`{"type":"authenticate","token":"` + token + `"}`)
	require.Equal(t, message{Type: "authenticated"}, c.next())
}

// The rule: whatever a client says, it is answered, and the socket stays open.
func TestJunkIsAnswered(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	_, token := h.user()
	c, _ := h.ready(token, "")
	for text, refusal := range map[string]string{
		``:                              "malformed",
		`hello`:                         "malformed",
		`null`:                          "malformed",
		`42`:                            "malformed",
		`[]`:                            "malformed",
		`"ack"`:                         "malformed",
		`{"type":"ack","seq":1`:         "malformed",
		`{"type":"ack"} {"type":"ack"}`: "malformed",
		strings.Repeat("[", 4000):       "malformed",
		`{}`:                            "unknown_type",
		`{"type":null}`:                 "unknown_type",
		`{"type":7}`:                    "unknown_type",
		`{"type":"ACK","seq":1}`:        "unknown_type",
		`{"Type":"ack","seq":1}`:        "unknown_type",
		`{"type":"ready"}`:              "unknown_type",
		`{"type":"ack"}`:                "validation_failed",
		`{"type":"ack","seq":null}`:     "validation_failed",
		`{"type":"ack","seq":"1"}`:      "validation_failed",
		`{"type":"ack","seq":0}`:        "validation_failed",
		`{"type":"ack","seq":-1}`:       "validation_failed",
		`{"type":"ack","seq":1.0}`:      "validation_failed",
		`{"type":"ack","seq":1e0}`:      "validation_failed",
		`{"type":"ack","seq":99999999999999999999}`:   "validation_failed",
		`{"type":"ack","seq":1,"colour":"red"}`:       "validation_failed",
		`{"type":"authenticate"}`:                     "validation_failed",
		`{"type":"authenticate","token":7}`:           "validation_failed",
		`{"type":"authenticate","token":null}`:        "unauthenticated",
		`{"type":"authenticate","token":"x","seq":1}`: "validation_failed",
	} {
		c.say(text)
		m := c.next()
		require.Equal(t, "error", m.Type, "%q", text)
		require.Equal(t, refusal, code(t, m), "%q", text)
	}
	require.NoError(t, c.conn.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"ack","seq":1}`)))
	require.Equal(t, "malformed", code(t, c.next()))
	c.isAlive()
}

// RFC 6455, 8.1: what is sent as text and is not UTF-8 closes the socket. A character may be cut by a frame's end.
func TestATextThatIsNotUTF8ClosesTheSocket(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	for _, text := range []string{
		"\xff", `{"type":"` + "\xc3(" + `"}`, "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\"\xe2\x82",
	} {
		_, token := h.user()
		c, _ := h.ready(token, "")
		c.say(text)
		require.Equal(t, websocket.CloseInvalidFramePayloadData, c.closed(), "%q", text)

		c, _ = h.ready(token, "")
		require.NoError(t, c.conn.WriteMessage(websocket.BinaryMessage, []byte(text)))
		require.Equal(t, "malformed", code(t, c.next()))
		c.isAlive()
	}

	_, token := h.user()
	conn := h.rawSocket(t, token)
	euro := "\"\xe2\x82\xac\""
	said := bufio.NewReader(conn)
	_, err := conn.Write(slicesOf(euro))
	require.NoError(t, err)
	for answer := ""; !strings.Contains(answer, "malformed"); { // the whole character is text, if not an object
		part, err := said.ReadString('}')
		require.NoError(t, err)
		answer += part
	}
	_, err = conn.Write(slicesOf(euro[:3] + euro[4:]))
	require.NoError(t, err)
	rest, err := io.ReadAll(said)
	require.NoError(t, err)
	require.Contains(t, string(rest), "\x03\xef"+"a text", "that is 1007")
	require.NoError(t, conn.Close())
}

func TestAMessageThatIsTooBigClosesTheSocket(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	for _, size := range []int{4<<10 + 1, 100 << 10} {
		_, token := h.user()
		c, _ := h.ready(token, "")
		c.say(strings.Repeat("x", 4<<10)) // as big as it may be
		require.Equal(t, "malformed", code(t, c.next()))
		_ = c.conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", size)))
		require.Equal(t, websocket.CloseMessageTooBig, c.closed())
	}
}

// The rule: a client that sends many messages at once gets all answers, as fast as it reads them.
func TestManyMessagesAtOnceAreAllAnswered(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	c, _ := h.ready(token, "")
	const total = 5000
	talking := make(chan error, 1)
	go func() {
		for range total {
			if err := c.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`)); err != nil {
				talking <- err
				return
			}
		}
		talking <- nil
	}()
	h.assigns(user, 1, 20)
	answers, seq := 0, int64(0)
	for answers < total || seq < 20 {
		m := c.next()
		if m.Type == "error" {
			answers++
			continue
		}
		seq++
		require.Equal(t, seq, m.Seq)
	}
	require.NoError(t, <-talking)
	c.isAlive()
}

// The rule: a client that sends messages without reading the answers is closed, and no other is affected.
func TestAClientThatSendsWithoutReadingIsClosed(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t), func(c *notifications.Config) { c.StallLimit = time.Second })
	_, token := h.user()
	talker, other := h.connect(token, ""), h.connect(token, "")
	require.Equal(t, "ready", other.next().Type)
	talking := make(chan error, 1)
	go func() {
		for err := error(nil); ; err = talker.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`)) {
			if err != nil {
				talking <- err
				return
			}
		}
	}()
	require.Eventually(t, func() bool { return h.sockets() == 1 }, patience, 10*time.Millisecond)
	other.isAlive()
	require.NoError(t, talker.conn.Close())
	require.Error(t, <-talking)
}

func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		`{"type":"ack","seq":1}`, `{"type":"authenticate","token":"x"}`, `{}`, `null`, `[`, "\x00", `{"type":{"a":[1,2]}}`,
	} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	h := open(f, dbtest.SQLite(f))
	_, token := h.user()
	c, _ := h.ready(token, "")
	f.Fuzz(func(t *testing.T, text []byte, isText bool) {
		if len(text) > 4<<10 {
			t.Skip()
		}
		kind := websocket.BinaryMessage
		if isText {
			kind = websocket.TextMessage
		}
		require.NoError(t, c.conn.WriteMessage(kind, text))
		if isText && !utf8.Valid(text) {
			_, err := c.read()
			require.True(t, websocket.IsCloseError(err, websocket.CloseInvalidFramePayloadData), "%v", err)
			require.NoError(t, c.conn.Close())
			c.conn, _, err = h.handshake("?token=" + token)
			require.NoError(t, err)
			m, err := c.read()
			require.NoError(t, err)
			require.Equal(t, "ready", m.Type)
			return
		}
		require.NoError(t, c.conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"marker"}`)))
		// One answer to whatever that was, and one to the marker: the feed is empty, so no ack is silent.
		for range 2 {
			m, err := c.read()
			require.NoError(t, err)
			require.Equal(t, "error", m.Type)
		}
	})
}
