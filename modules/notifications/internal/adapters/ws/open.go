package ws

import (
	"context"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"

	"fasttrack/adapters/httpserver"
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
	go h.serve(s, w, r)
	<-s.shaken
}

// prepare checks a request and returns the socket that it may open. The socket is in the index by then, so that from
// here on its session cannot end unnoticed; for the time before, the token is asked about once more.
func (h *Hub) prepare(w http.ResponseWriter, r *http.Request) (*socket, error) {
	ctx := r.Context()
	query := r.URL.Query()
	token := tokenOf(r, query)
	who, err := h.api.Authenticate(ctx, token)
	if refused := h.api.Admit(w, r, who); refused != nil { // who is not known is limited by the address
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	if err := httpserver.CheckQuery(r, "token", "after_seq"); err != nil {
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
	if err := h.place(ctx, s, token, after); err != nil {
		s.leave()
		return nil, err
	}
	return s, nil
}

// place finds out where in the feed the socket begins.
func (h *Hub) place(ctx context.Context, s *socket, token string, after *int64) error {
	if _, err := h.api.Authenticate(ctx, token); err != nil {
		return err
	}
	extent, err := h.service.Extent(ctx, s.who)
	if err != nil {
		return err
	}
	s.begin, s.end = extent.LastSeq, extent.LastSeq
	if after == nil {
		return nil
	}
	s.resync = extent.CheckAfter(*after) != nil // the feed cannot be continued from there
	if !s.resync {
		s.begin = *after
	}
	return nil
}

// afterOf returns the number after which the socket is to go on, nil if the client does not say.
func afterOf(query url.Values) (*int64, error) {
	if !query.Has("after_seq") {
		return nil, nil //nolint:nilnil // nil is a value here
	}
	after, err := strconv.ParseInt(query.Get("after_seq"), 10, 64)
	if err != nil || after < 0 {
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

// tokenOf returns the token of a request: from the query, the header, or beside the subprotocol.
func tokenOf(r *http.Request, query url.Values) string {
	if token := query.Get("token"); token != "" {
		return token
	}
	if token := httpserver.BearerToken(r.Context()); token != "" {
		return token
	}
	// A client may offer each protocol on a line of its own (RFC 6455, 11.3.4).
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(offered), bearerOffered); ok {
				return token
			}
		}
	}
	return ""
}

func isUpgrade(r *http.Request) bool {
	return websocket.IsWebSocketUpgrade(r) && r.Header.Get("Sec-Websocket-Version") == "13" &&
		r.Header.Get("Sec-Websocket-Key") != ""
}
