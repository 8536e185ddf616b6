package harness

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"fasttrack/adapters/httpserver/httpservertest"
)

// Message is one message of the server on a socket.
type Message struct {
	Type      string         `json:"type"`
	ID        string         `json:"id"`
	Seq       int64          `json:"seq"`
	Timestamp time.Time      `json:"timestamp"`
	Data      map[string]any `json:"data"`
}

// Socket is an open WebSocket of a user. What the server sends is held against the AsyncAPI document, and waits in it until
// it is asked for.
type Socket struct {
	t        testing.TB
	conn     *websocket.Conn
	contract *httpservertest.Messages
	messages chan Message
	closed   chan error // gets the reason once, when the connection ends
}

// Patience is how long the harness waits for something that must come.
const Patience = 10 * time.Second

// Dial opens a socket with the token in the query, plus whatever else the query is to have, such as "&after_seq=4".
func (c *Client) Dial(more string) (*Socket, *http.Response, error) {
	return c.dial("?token=" + c.token + more)
}

// DialByTicket opens a socket with a ticket, as nobody.
func (c *Client) DialByTicket(ticket string) (*Socket, *http.Response, error) {
	return c.dial("?ticket=" + ticket)
}

func (c *Client) dial(query string) (*Socket, *http.Response, error) {
	conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(c.base, "http")+"/ws"+query, nil)
	if err != nil {
		return nil, response, err
	}
	s := &Socket{c.t, conn, c.messages, make(chan Message, 4096), make(chan error, 1)}
	go s.read()
	c.t.Cleanup(func() { _ = conn.Close() })
	return s, response, nil
}

// Socket opens a socket and waits for its ready message.
func (c *Client) Socket(more string) *Socket {
	c.t.Helper()
	s, _, err := c.Dial(more)
	if err != nil {
		c.t.Fatalf("open a socket: %v", err)
	}
	s.Expect("ready")
	return s
}

// Ticket gets a ticket for a socket or an event stream.
func (c *Client) Ticket() string {
	c.t.Helper()
	return Into[struct{ Ticket string }](c.Post("/ws/tickets", nil).Wants(http.StatusCreated)).Ticket
}

func (s *Socket) read() {
	defer close(s.messages)
	for {
		_, data, err := s.conn.ReadMessage()
		if err != nil {
			s.closed <- err
			return
		}
		var m Message
		if err := errors.Join(s.contract.Check(data), json.Unmarshal(data, &m)); err != nil {
			s.closed <- err
			return
		}
		s.messages <- m
	}
}

// Next waits for the next message.
func (s *Socket) Next() Message {
	s.t.Helper()
	select {
	case m, open := <-s.messages:
		if !open {
			s.t.Fatalf("the socket was closed: %v", <-s.closed)
		}
		return m
	case <-time.After(Patience):
		s.t.Fatal("no message came")
	}
	panic("unreachable")
}

// TryNext is [Socket.Next] for sockets that may be cut, and for other goroutines than the test's.
func (s *Socket) TryNext() (Message, error) {
	select {
	case m, open := <-s.messages:
		if !open {
			err := <-s.closed
			s.closed <- err
			return m, err
		}
		return m, nil
	case <-time.After(Patience):
		return Message{}, errors.New("no message came")
	}
}

// Close ends the socket as a client does that is gone.
func (s *Socket) Close() { _ = s.conn.Close() }

// Expect waits for the next message and demands its type.
func (s *Socket) Expect(kind string) Message {
	s.t.Helper()
	m := s.Next()
	if m.Type != kind {
		s.t.Fatalf("want a message of type %s, got %+v", kind, m)
	}
	return m
}

// ExpectNothing demands that whatever the server was going to send has been asked for. It does not wait for silence:
// it sends a frame that the server answers in turn, and demands that the answer is the next message.
func (s *Socket) ExpectNothing() {
	s.t.Helper()
	s.Send(`{"type":"are-you-there"}`)
	s.Expect("error")
}

// Send sends a frame.
func (s *Socket) Send(frame string) {
	s.t.Helper()
	if err := s.TrySend(frame); err != nil {
		s.t.Fatalf("send %.200q: %v", frame, err)
	}
}

// TrySend is [Socket.Send] for frames that the server may answer by closing the socket before it has read all of them:
// then the rest of the frame cannot be written.
func (s *Socket) TrySend(frame string) error {
	return s.conn.WriteMessage(websocket.TextMessage, []byte(frame))
}

// ExpectClose waits until the server closes the socket and demands its code. Messages that still come are dropped.
func (s *Socket) ExpectClose(code int) {
	s.t.Helper()
	deadline := time.After(Patience)
	for {
		select {
		case _, open := <-s.messages:
			if open {
				continue
			}
			if err := <-s.closed; !websocket.IsCloseError(err, code) {
				s.t.Fatalf("want the socket closed with %d, got %v", code, err)
			}
			return
		case <-deadline:
			s.t.Fatalf("the socket was not closed with %d", code)
		}
	}
}
