package ws

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gorilla/websocket"
)

// The close codes of our own, beside those of RFC 6455.
const (
	closeUnauthenticated = 4401 // the token has expired or the session has ended
	closeNoPong          = 4408
	closeTooSlow         = 4409
	closeTooMany         = 4429
)

// The reasons that go with the codes. They are sent to the client and logged.
const (
	reasonExpired    = "the token has expired"
	reasonEnded      = "the session has ended"
	reasonNoPong     = "no pong"
	reasonStalled    = "too slow: no message could be written for too long"
	reasonBufferFull = "too slow: too many messages wait to be written"
	reasonTooMany    = "too many sockets"
	reasonTooBig     = "the message is too big"
	reasonNotText    = "a text message must be UTF-8"
	reasonStopping   = "shutting down: come back soon"
)

// logClosing logs why the server closes the socket. It is called once for each socket that the server closes.
func (s *socket) logClosing(code int, reason string) {
	s.hub.config.Observer.closed(code)
	level := slog.LevelInfo
	if code == closeTooSlow || code == closeNoPong {
		level = slog.LevelWarn
	}
	attributes := append(s.whose(), slog.Int("code", code), slog.String("reason", reason))
	if code == closeTooSlow {
		attributes = append(attributes,
			slog.Int("unwritten", int(s.unwritten.Load())), slog.Duration("stalled_for", s.stalledFor()))
	}
	s.hub.log.LogAttrs(context.Background(), level, "the server closes a socket", attributes...)
}

// logLeft logs that a socket has ended which the server did not close. Of the client's close message only the code is
// logged, since its text may be anything.
func (s *socket) logLeft() {
	s.mu.Lock()
	failure := s.failure
	s.mu.Unlock()
	attributes := s.whose()
	var closing *websocket.CloseError
	switch {
	case errors.As(failure, &closing):
		attributes = append(attributes, slog.Int("code", closing.Code))
	case failure != nil:
		attributes = append(attributes, slog.Any("error", failure))
	}
	s.hub.log.LogAttrs(context.Background(), slog.LevelDebug, "a client left its socket", attributes...)
}

func (s *socket) whose() []slog.Attr {
	return []slog.Attr{
		slog.String("user_id", s.who.UserID.String()), slog.String("session_id", s.who.SessionID.String()),
	}
}
