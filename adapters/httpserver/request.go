package httpserver

import (
	"context"
	"hash"
	"net/http"
	"net/url"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// request is what the layers around a handler learn about a request, one after the other. It is made by the outermost
// one, rides in the context, and is used by the request's own goroutine alone.
type request struct {
	id         string
	method     string // as the client sent it: HEAD is served as GET
	route      string // the template of the path; empty when no route matched
	userID     ids.ID // zero when nobody is known
	client     string // address without port
	traceID    string // empty when the request is not traced
	header     http.Header
	url        *url.URL
	tokenShown bool              // an access token came along, so that a 401 is about it
	complaints []errs.Field      // what is wrong with query, path and headers, found before huma looks at the values
	defaults   map[string]string // of the query's parameters

	selfAdmitting  *route // whose handler calls [API.Admit]
	writer         *responseWriter
	idempotencyKey string    // empty without one, and where none is taken
	bodyHash       hash.Hash // of the body as far as it has been read; nil without a key
}

type requestKey struct{}

// requestFrom returns the request of a context, and an empty one outside of any.
func requestFrom(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{url: &url.URL{}}
}

// RequestID returns the id of the request that ctx belongs to: the X-Request-Id of its answer, the request_id of its
// problem document and of its lines in the log. It is empty outside a request.
func RequestID(ctx context.Context) string { return requestFrom(ctx).id }

// ClientIP returns the address that the request came from, seen through the trusted proxies. It is empty outside a
// request.
func ClientIP(ctx context.Context) string { return requestFrom(ctx).client }

// SetTraceID says which trace the request of ctx belongs to, for its lines in the log. A layer calls it, see
// [Server.Use].
func SetTraceID(ctx context.Context, id string) { requestFrom(ctx).traceID = id }

// TraceID returns the id of the trace that the request of ctx belongs to, if it is traced.
func TraceID(ctx context.Context) string { return requestFrom(ctx).traceID }

// UserAgent returns what the client calls itself, at most 512 bytes of it. It is empty outside a request.
func UserAgent(ctx context.Context) string {
	const limit = 512
	agent := requestFrom(ctx).header.Get("User-Agent")
	if len(agent) > limit {
		agent = agent[:limit]
	}
	return validText(agent)
}
