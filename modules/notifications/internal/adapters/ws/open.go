package ws

import (
	"context"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gorilla/websocket"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// The subprotocols that a client may offer: what is spoken here, and a token beside it, for browsers, which cannot set
// headers.
const (
	subprotocol   = "fasttrack.v1"
	bearerOffered = "bearer."
)

var (
	errNoUpgrade = errs.New(errs.Malformed, errs.CodeMalformed, "here nothing but the WebSocket protocol, version 13, is spoken")
	errOrigin    = errs.Forbiddenf("pages of this origin may not connect")
	errStopping  = errs.New(errs.Unavailable, errs.CodeUnavailable, "the server is shutting down")
)

// Open answers GET /ws. Everything that can be refused is refused here, by a problem document; what is left is to
// shake hands.
func (h *Hub) Open(w http.ResponseWriter, r *http.Request) {
	s, err := h.prepare(w, r)
	if err != nil {
		h.api.Problem(w, r, err)
		return
	}
	if !h.begin() {
		s.leave()
		h.api.Problem(w, r, errStopping)
		return
	}
	// In a goroutine of its own the socket does not keep what net/http needs for a request.
	shaken := s.shaken
	go h.serve(s, w, r)
	<-shaken
}

// prepare checks a request and returns the socket that it may open. The socket is in the index by then, so that from
// here on its session cannot end unnoticed; for the time before, the token is asked about once more.
func (h *Hub) prepare(w http.ResponseWriter, r *http.Request) (*socket, error) {
	ctx := r.Context()
	query := r.URL.Query()
	token, err := h.tokenOf(r, query)
	who, err := h.admit(w, r, token, err)
	if err != nil {
		return nil, err
	}
	if err := httpserver.CheckQuery(r, "token", "ticket", "after_seq"); err != nil {
		return nil, err
	}
	after, err := afterOf(query)
	if err != nil {
		return nil, err
	}
	if !h.isAllowed(r) {
		return nil, errOrigin
	}
	if !isUpgrade(r) {
		return nil, errNoUpgrade
	}
	s := newSocket(h, who)
	if !h.add(s) {
		// Sent after the handshake, since a browser does not show its page what comes before.
		s.markClosing(closeTooMany, reasonTooMany)
		return s, nil
	}
	s.follower = h.feeder.Join(who.UserID, s)
	if s.start, err = h.place(ctx, who, token, after); err != nil {
		s.leave()
		return nil, err
	}
	return s, nil
}

// admit says who presents a token, unless they come too often. Who has none that is good, or a ticket that stands for
// none, is limited by the address, so that guesses are counted.
func (h *Hub) admit(w http.ResponseWriter, r *http.Request, token string, err error) (who auth.Principal, _ error) {
	if err == nil {
		who, err = h.api.Authenticate(r.Context(), token)
	}
	if refused := h.api.Admit(w, r, who); refused != nil {
		return auth.Principal{}, refused
	}
	return who, err
}

// place finds out where in the feed a connection begins that is in the index by now.
func (h *Hub) place(ctx context.Context, who auth.Principal, token string, after *int64) (application.Start, error) {
	if _, err := h.api.Authenticate(ctx, token); err != nil {
		return application.Start{}, err
	}
	return h.service.Start(ctx, who, after)
}

// afterOf returns the number after which the client wants to go on, nil if it does not say.
func afterOf(query url.Values) (*int64, error) {
	if !query.Has("after_seq") {
		return nil, nil //nolint:nilnil // nil is a value here
	}
	after, ok := httpserver.WholeNumber(query.Get("after_seq"))
	if !ok || after < 0 {
		return nil, errs.InvalidFields(errs.Field{Location: "query.after_seq", Message: "must be a number of the feed, or 0"})
	}
	return &after, nil
}

// serve runs the socket to its end.
func (h *Hub) serve(s *socket, w http.ResponseWriter, r *http.Request) {
	defer h.running.Done()
	defer s.ended()
	defer func() {
		if cause := recover(); cause != nil {
			h.log.Error("panic in a socket", "panic", cause, "stack", string(debug.Stack()))
		}
	}()
	// What fails has been answered by the upgrader, or nobody is there to hear it.
	_ = h.melody.HandleRequestWithKeys(w, r, map[string]any{socketKey: s})
}

// tokenOf returns the token of a request: what its ticket stands for, which is used up by that; or else from the query,
// the header, or beside the subprotocol.
func (h *Hub) tokenOf(r *http.Request, query url.Values) (string, error) {
	if query.Has("ticket") {
		return h.redeem(r, query)
	}
	if token := query.Get("token"); token != "" {
		return token, nil
	}
	if token := httpserver.BearerToken(r.Context()); token != "" {
		return token, nil
	}
	// A client may offer each protocol on a line of its own (RFC 6455, 11.3.4).
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(offered), bearerOffered); ok {
				return token, nil
			}
		}
	}
	return "", nil
}

// redeem uses up the ticket of a request, unless a foreign page sent it.
func (h *Hub) redeem(r *http.Request, query url.Values) (string, error) {
	if !h.isAllowed(r) {
		return "", errOrigin
	}
	return h.tickets.Redeem(r.Context(), domain.Ticket(query.Get("ticket")))
}

// isUpgrade reports whether hands can be shaken: RFC 6455, 4.2.1. A body would be taken for the first frame.
func isUpgrade(r *http.Request) bool {
	return websocket.IsWebSocketUpgrade(r) && r.ProtoAtLeast(1, 1) && r.ContentLength == 0 &&
		r.Header.Get("Sec-Websocket-Version") == "13" &&
		len(r.Header["Sec-Websocket-Key"]) == 1 && r.Header.Get("Sec-Websocket-Key") != ""
}
