package ws

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"fasttrack/shared/errs"
)

// receiveTimeout bounds what one message of a client may take.
const receiveTimeout = 10 * time.Second

// The codes of refused messages, beside those of the API.
const (
	codeUnknownType     = "unknown_type"
	codeSessionMismatch = "session_mismatch"
)

// receive does what a client says. Whatever is wrong with it is answered; nothing that can be said in a text closes the
// socket. It runs on the goroutine that reads, so a client that says much waits for itself.
func (s *socket) receive(text []byte) {
	if s.isClosing() {
		return
	}
	if !utf8.Valid(text) {
		s.close(websocket.CloseInvalidFramePayloadData, reasonNotText) // RFC 6455, 8.1
		return
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		s.refuse(errs.CodeMalformed, "a message is a JSON object")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), receiveTimeout)
	defer cancel()
	var kind string
	_ = json.Unmarshal(members["type"], &kind) // what is no text is no known type either
	switch kind {
	case typeAuthenticate:
		s.authenticate(ctx, members)
	case typeAck:
		s.acknowledge(ctx, members)
	default:
		s.refuse(codeUnknownType, "the type of a message is authenticate or ack")
	}
}

// authenticate renews the token. It must be of the same session.
func (s *socket) authenticate(ctx context.Context, members map[string]json.RawMessage) {
	var said authenticateMessage
	if len(members) != 2 || json.Unmarshal(members["token"], &said.Token) != nil {
		s.refuse(errs.CodeValidationFailed, "authenticate has a token and nothing else")
		return
	}
	who, err := s.hub.api.Authenticate(ctx, said.Token)
	switch {
	case err != nil:
		s.refuseError(ctx, err)
	case who.UserID != s.who.UserID || who.SessionID != s.who.SessionID:
		s.refuse(codeSessionMismatch, "the token belongs to another session")
	default:
		s.renew(who.ExpiresAt)
		s.answer(authenticated)
	}
}

// renew moves the expiry, but never to an earlier time: an older token says nothing against a newer one.
func (s *socket) renew(expires time.Time) {
	s.expires.Store(max(s.expires.Load(), expires.UnixMicro()))
}

// acknowledge marks read up to a number that the client has got.
func (s *socket) acknowledge(ctx context.Context, members map[string]json.RawMessage) {
	var said ackMessage
	err := json.Unmarshal(members["seq"], &said.Seq)
	seq := said.Seq
	switch {
	case len(members) != 2 || err != nil || seq < 1:
		s.refuse(errs.CodeValidationFailed, "ack has a seq, which is a whole number from 1 on, and nothing else")
	case seq > s.follower.At():
		s.refuse(errs.CodeValidationFailed, "the seq of an ack is one that was sent")
	case seq > s.acked:
		// Each number is marked once, so a client cannot cause more writes than it was sent notifications.
		if err := s.hub.service.MarkReadUpTo(ctx, s.who, seq); err != nil {
			s.refuseError(ctx, err)
			return
		}
		s.acked = seq
	}
}

func (s *socket) refuse(code, text string) { s.answer(failure(code, text)) }

// refuseError tells what may be told of an error, and logs the rest.
func (s *socket) refuseError(ctx context.Context, err error) {
	var known *errs.Error
	if errors.As(err, &known) && known.Kind != errs.Internal {
		s.refuse(known.Code, known.Message)
		return
	}
	s.hub.log.ErrorContext(ctx, "a message of a socket failed", "error", err)
	s.refuse(errs.CodeInternal, "something went wrong on our side")
}
