package ws

import (
	"net/http"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// Register adds the route of the socket, at the root, and that of the event stream.
func Register(api *httpserver.API, h *Hub) {
	api.Handle(httpserver.Operation{
		ID: "stream-notifications", Method: "GET", Path: "/notifications/stream", Tag: "Notifications",
		Summary:     "Follow the notifications as server-sent events",
		Description: streamDescription,
		Public:      true, // by the header; who it is, is asked here, since browsers cannot send one
		Budget:      "ws",
		Errors: []*errs.Error{
			auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked, errOrigin, errTooMany, errStopping,
			errs.New(errs.Invalid, errs.CodeValidationFailed, ""),
		},
		Query:    []httpserver.Parameter{ticketParameter, afterParameter},
		Produces: "text/event-stream",
	}, http.HandlerFunc(h.Stream))
	query := []httpserver.Parameter{
		{
			Name: "token", Type: "string",
			Description: "An access token, for clients that cannot set headers. Others send `Authorization: Bearer …`, " +
				"or offer the subprotocols `fasttrack.v1` and `bearer.<token>`.",
		},
		ticketParameter, afterParameter,
	}
	api.Root().Handle(httpserver.Operation{
		ID: "open-socket", Method: "GET", Path: "/ws", Tag: "Notifications",
		Summary:     "Open a WebSocket",
		Description: description,
		Public:      true, // by the header; who it is, is asked here, since browsers cannot send one
		Status:      http.StatusSwitchingProtocols,
		Budget:      "ws",
		Errors: []*errs.Error{
			auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked, errNoUpgrade, errOrigin, errStopping,
			errs.New(errs.Invalid, errs.CodeValidationFailed, ""),
		},
		Query: query,
	}, http.HandlerFunc(h.Open))
	api.Describe(channel(query))
	api.Page(page)
}

var (
	ticketParameter = httpserver.Parameter{
		Name: "ticket", Type: "string",
		Description: "A ticket of `POST /api/v1/ws/tickets`, in the place of a token. It opens one connection, within 30 s.",
	}
	afterParameter = httpserver.Parameter{
		Name: "after_seq", Type: "integer",
		Description: "Replay what came after this number of the feed.",
	}
)

const streamDescription = `The same as the socket, for clients that only listen. An access token comes in the header
` + "`Authorization`" + `, or a ticket in the address, which pages of other origins that are not configured cannot use.

    retry: 1732
    id: 41
    event: ready
    data: {"type":"ready","seq":41,"timestamp":"…","data":{"user_id":"…","session_id":"…"}}

    id: 42
    event: task_assigned
    data: {"type":"task_assigned","id":"…","seq":42,"timestamp":"…","data":{…}}

The id of an event is its number in the feed, so that a client that comes back with ` + "`Last-Event-ID`" + ` goes on where it
was, without a gap or a repeat; ` + "`after_seq`" + ` says the same where there is no such header. If that place is older than
what is kept, or not yet reached, the event ` + "`resync_required`" + ` follows. A comment is sent now and then, so that
both sides notice when the connection is lost. The stream ends with the token and with the session, when the client does
not keep up, and when the server stops.`

const description = `Notifications as they happen, one JSON text message each.

The first message is ` + "`ready`" + `; its ` + "`seq`" + ` says after which number of the feed the socket goes on:

    {"type":"ready","seq":41,"timestamp":"…","data":{"user_id":"…","session_id":"…"}}
    {"type":"task_assigned","id":"…","seq":42,"timestamp":"…","data":{…}}

With ` + "`after_seq`" + ` what came after that number is replayed first, in order, without a gap or a repeat. If it is
older than what is kept, or not yet reached, ` + "`resync_required`" + ` follows, and the socket goes on from the end of the
feed:

    {"type":"resync_required"}

A client may present a newer token of the same session, which is answered by ` + "`authenticated`" + `, and mark read what
it was sent, up to a number:

    {"type":"authenticate","token":"…"}
    {"type":"ack","seq":42}

Anything else is answered by an error, and the socket stays open:

    {"type":"error","data":{"code":"…","message":"…"}}

Close codes: 4401 the token expired or the session ended, 4408 no pong, 4409 too slow (1006 if that can no longer be
said), 4429 too many sockets of one user, 1001 the server shuts down (come back, with jitter), 1007 a text message that
is not UTF-8, 1009 message larger than 4 KiB.`
