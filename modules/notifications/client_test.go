package notifications_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// client is a socket as a client sees it.
type client struct {
	t        testing.TB
	conn     *websocket.Conn
	contract *httpservertest.Messages
}

// message is what the server says.
type message struct {
	Type      string          `json:"type"`
	ID        string          `json:"id"`
	Seq       int64           `json:"seq"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// handshake tries to open a socket; headers are pairs of name and value.
func (h *house) handshake(query string, headers ...string) (*websocket.Conn, *http.Response, error) {
	return h.handshakeWith(context.Background(), query, headers...)
}

// handshakeWith is handshake with a context, which may hold an httptrace.ClientTrace.
func (h *house) handshakeWith(
	ctx context.Context, query string, headers ...string,
) (*websocket.Conn, *http.Response, error) {
	header := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	dialer := websocket.Dialer{HandshakeTimeout: patience}
	return dialer.DialContext(ctx, "ws"+strings.TrimPrefix(h.URL, "http")+"/ws"+query, header)
}

// connect opens a socket with a token. The query begins with "&" or is empty.
func (h *house) connect(token, query string) *client {
	h.t.Helper()
	conn, response, err := h.handshake("?token=" + token + query)
	if err != nil && response != nil {
		body, _ := io.ReadAll(response.Body)
		require.NoError(h.t, err, "%d %s", response.StatusCode, body)
	}
	require.NoError(h.t, err)
	return h.client(conn)
}

func (h *house) client(conn *websocket.Conn) *client {
	h.t.Cleanup(func() { _ = conn.Close() })
	return &client{h.t, conn, h.messages()}
}

// ready opens a socket and takes its first message.
func (h *house) ready(token, query string) (*client, message) {
	h.t.Helper()
	c := h.connect(token, query)
	first := c.next()
	require.Equal(h.t, "ready", first.Type)
	return c, first
}

// refused expects that no socket is opened, and returns the problem that is told instead.
func (h *house) refused(status int, query string, headers ...string) httpserver.Problem {
	h.t.Helper()
	conn, response, err := h.handshake(query, headers...)
	if err == nil {
		_ = conn.Close()
	}
	require.ErrorIs(h.t, err, websocket.ErrBadHandshake)
	require.Equal(h.t, status, response.StatusCode)
	require.Equal(h.t, "application/problem+json", response.Header.Get("Content-Type"))
	body, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	var p httpserver.Problem
	require.NoError(h.t, json.Unmarshal(body, &p))
	return p
}

// read returns the next message, or why there is none.
func (c *client) read() (m message, err error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	kind, text, err := c.conn.ReadMessage()
	if err != nil {
		return m, err
	}
	if kind != websocket.TextMessage {
		return m, errors.New("not a text message")
	}
	if err := c.contract.Check(text); err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

func (c *client) next() message {
	c.t.Helper()
	m, err := c.read()
	require.NoError(c.t, err)
	return m
}

// expect takes the next messages, which must be the notifications with these numbers.
func (c *client) expect(first, last int64) {
	c.t.Helper()
	for seq := first; seq <= last; seq++ {
		m := c.next()
		require.Equal(c.t, "task_assigned", m.Type, "%+v", m)
		require.Equal(c.t, seq, m.Seq)
	}
}

// closed reads to the end and returns the code that the socket was closed with.
func (c *client) closed() int {
	c.t.Helper()
	for {
		_, err := c.read()
		if err == nil {
			continue
		}
		var closing *websocket.CloseError
		if errors.As(err, &closing) {
			return closing.Code
		}
		require.NotContains(c.t, err.Error(), "documented")
		var timeout net.Error
		require.False(c.t, errors.As(err, &timeout) && timeout.Timeout(), "the socket stays open")
		return websocket.CloseAbnormalClosure
	}
}

// say sends a text message.
func (c *client) say(text string) {
	c.t.Helper()
	require.NoError(c.t, c.conn.WriteMessage(websocket.TextMessage, []byte(text)))
}

// isAlive proves that the socket is open and nothing else is on its way.
func (c *client) isAlive() {
	c.t.Helper()
	c.say(`{"type":"are you there?"}`)
	m := c.next()
	require.Equal(c.t, "error", m.Type, "%+v", m)
	require.Equal(c.t, "unknown_type", code(c.t, m))
}

func code(t testing.TB, m message) string {
	var data struct{ Code, Message string }
	require.NoError(t, json.Unmarshal(m.Data, &data), "%s", m.Data)
	require.NotEmpty(t, data.Message)
	return data.Code
}

// user returns a new user with a token.
func (h *house) user() (ids.ID, string) {
	p, token := h.Tokens.User(auth.RoleUser)
	return p.UserID, token
}
