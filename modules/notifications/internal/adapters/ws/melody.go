package ws

import (
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"

	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
)

const (
	maxMessage       = 4 << 10 // of a client, in bytes
	handshakeTimeout = 5 * time.Second
	socketKey        = "socket"
)

// noRequest stands in for the request of every socket, which holds its token.
var noRequest = &http.Request{}

func (h *Hub) newMelody() *melody.Melody {
	m := melody.New()
	m.Config = &melody.Config{
		WriteWait:  2 * h.config.StallLimit, // the sweep comes first: it still tries to say why
		PingPeriod: h.config.PingInterval,
		// From one pong to the next: an interval until the next ping, and half of one to answer it.
		PongWait:          h.config.PingInterval + h.config.PingInterval/2,
		MaxMessageSize:    maxMessage,
		MessageBufferSize: h.config.SendBuffer,
	}
	m.Upgrader = &websocket.Upgrader{
		HandshakeTimeout: handshakeTimeout,
		ReadBufferSize:   256, // most messages are shorter; what is longer takes another read
		WriteBufferSize:  1024,
		WriteBufferPool:  &sync.Pool{},
		Subprotocols:     []string{subprotocol},
		CheckOrigin:      h.isAllowed,
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			h.api.Problem(w, r, errNoUpgrade.WithCause(reason))
		},
	}
	m.HandleConnect(func(session *melody.Session) {
		session.Request = noRequest
		socketOf(session).connected(session)
	})
	m.HandleSentMessage(func(session *melody.Session, _ []byte) { socketOf(session).written() })
	m.HandleMessage(func(session *melody.Session, text []byte) { socketOf(session).receive(text) })
	m.HandleMessageBinary(func(session *melody.Session, _ []byte) {
		socketOf(session).refuse(errs.CodeMalformed, "a message is JSON text")
	})
	m.HandleError(func(session *melody.Session, err error) { socketOf(session).failed(err) })
	return m
}

func socketOf(session *melody.Session) *socket { return session.Keys[socketKey].(*socket) }

// failed is told of everything that goes wrong with the connection, by the goroutine that met it. When it returns to
// the one that reads or writes, melody cuts the connection.
func (s *socket) failed(err error) {
	defer s.halt()
	s.mu.Lock()
	s.failure = cmp.Or(s.failure, err)
	s.mu.Unlock()
	var network net.Error
	switch {
	case errors.Is(err, melody.ErrMessageBufferFull):
		s.close(closeTooSlow, reasonBufferFull)
	case errors.Is(err, websocket.ErrReadLimit):
		s.markClosing(websocket.CloseMessageTooBig, reasonTooBig) // gorilla has sent the code
		s.linger()
	case errors.As(err, &network) && network.Timeout() && s.markClosing(closeNoPong, reasonNoPong):
		s.say(closeNoPong, reasonNoPong) // if it was a write that timed out, nothing can be said any more
	}
}

// linger takes the rest of a message that was too big. Were it left unread, the system would answer it with a reset,
// which may overtake the close code that is on its way.
func (s *socket) linger() {
	conn := s.session.WebsocketConnection().NetConn()
	_ = conn.SetReadDeadline(clock.In(closeGrace))
	_, _ = io.CopyN(io.Discard, conn, 1<<20)
}
