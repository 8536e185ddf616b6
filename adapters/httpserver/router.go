package httpserver

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// route is what stands in front of an operation's handler: who is it, may they now, can it be read at all.
type route struct {
	server      *Server
	op          Operation
	path        string // with the prefix
	raw         bool   // not read by huma: a socket or a stream
	hasBody     bool
	repeats     bool // takes an Idempotency-Key
	conditional bool // takes an If-Match
	known       func(string) (parameterKind, bool)
	defaults    map[string]string // of the parameters of the query that have one
}

// serve lets a request through to next, or refuses it, in the order of the contract.
func (rt *route) serve(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter, *http.Request)) {
	s, ctx := rt.server, r.Context()
	req := requestFrom(ctx)
	req.route, req.defaults = rt.path, rt.defaults
	if !rt.op.cacheable {
		w.Header().Set("Cache-Control", "no-store")
	}
	if rt.raw && req.method == http.MethodHead {
		s.methodNotAllowed(w, r)
		return
	}
	if !rt.op.Public {
		principal, err := s.whoIs(ctx, req, r)
		if err != nil {
			writeProblem(w, s.problem(ctx, err))
			return
		}
		ctx = auth.With(ctx, principal)
	}
	if rt.raw {
		unlimited(w)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.config.RequestTimeout)
		defer cancel()
	}
	r = r.WithContext(ctx)
	switch {
	case s.guard == nil || !rt.limited():
	case rt.raw && rt.op.Public:
		req.selfAdmitting = rt
	default:
		if err := s.guard(w, r, rt.op); err != nil {
			writeProblem(w, s.problem(ctx, err))
			return
		}
	}
	if !rt.raw {
		if p := rt.unreadable(req, r); p != nil {
			writeProblem(w, p)
			return
		}
	}
	next(w, r)
}

// limited reports whether requests are counted: not those of probes and of the documentation.
func (rt *route) limited() bool {
	return rt.op.Budget != "" || strings.HasPrefix(rt.path, "/api/")
}

// unreadable refuses what huma would misread. What is wrong with single parameters is kept until huma has looked at
// the others, so that the answer names all of them.
func (rt *route) unreadable(req *request, r *http.Request) *Problem {
	complaints, err := checkQuery(r.URL.RawQuery, rt.known)
	if err != nil {
		return rt.server.problem(r.Context(), err)
	}
	for name, value := range mux.Vars(r) {
		if !isCleanText(value) {
			complaints = append(complaints, errs.Field{Location: "path." + name, Message: messageText})
		}
	}
	if rt.repeats {
		complaints = append(complaints, req.readIdempotencyKey(r)...)
	}
	if rt.conditional {
		complaints = append(complaints, readIfMatch(r.Header)...)
	}
	req.complaints = complaints
	if rt.hasBody {
		if r.ContentLength > rt.server.config.MaxBodyBytes {
			return newProblem(req, http.StatusRequestEntityTooLarge, codePayloadTooLarge, rt.server.detailTooLarge())
		}
		if r.ContentLength != 0 && !hasReadableBody(r) {
			return newProblem(req, http.StatusUnsupportedMediaType, codeUnsupportedMediaType, detailMediaType)
		}
	}
	// All answers are JSON: there is nothing to negotiate, and huma would echo a type such as "json".
	r.Header.Del("Accept")
	return nil
}

func (s *Server) whoIs(ctx context.Context, req *request, r *http.Request) (auth.Principal, error) {
	principal, err := s.API().Authenticate(ctx, BearerToken(r.Context()))
	if err == nil {
		req.userID = principal.UserID
	}
	return principal, err
}

// BearerToken returns the access token in the request's Authorization header, for handlers that can do without one. It
// is empty when there is none, and when there are several headers, of which none can be preferred.
func BearerToken(ctx context.Context) string {
	lines := requestFrom(ctx).header["Authorization"]
	if len(lines) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// operationAPI is huma's view of one operation while it is being registered: it routes through [route.serve], writes
// the documentation, and reads bodies strictly.
type operationAPI struct {
	huma.API
	route *route
	op    *huma.Operation
}

// Adapter returns the operation's own way to the router.
func (a *operationAPI) Adapter() huma.Adapter { return a }

// Handle puts the operation on the router.
func (a *operationAPI) Handle(op *huma.Operation, next func(huma.Context)) {
	rt := a.route
	handler := compress(op.Path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &sized{ResponseWriter: w}
		next(humamux.NewContext(op, r, answer))
		answer.begin()
	}))
	rt.server.router.NewRoute().Path(op.Path).Methods(op.Method).
		HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rt.serve(w, r, handler.ServeHTTP) })
}

// ServeHTTP makes it a huma.Adapter.
func (a *operationAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.route.server.router.ServeHTTP(w, r)
}

// DocumentOperation is called by huma once it knows the parameters and the body.
func (a *operationAPI) DocumentOperation(op *huma.Operation) {
	a.op = op
	a.route.known = queryOf(op.Parameters)
	a.route.defaults = defaultsOf(op.Parameters)
	a.route.hasBody = op.RequestBody != nil
	a.route.server.document(a.route, op)
}

// Unmarshal reads a body. The first of huma's two passes is into an any, for validation.
func (a *operationAPI) Unmarshal(_ string, data []byte, v any) error {
	if holdsTooMuch(data) {
		return &syntaxError{message: "the body holds too many values"}
	}
	if err := unmarshalJSON(data, v); err != nil {
		return err
	}
	if decoded, ok := v.(*any); ok && a.op.RequestBody != nil {
		if err := checkStrict(data); err != nil {
			return err
		}
		schema := a.op.RequestBody.Content["application/json"].Schema
		*decoded = markRefused(a.route.server.registry, schema, *decoded)
	}
	return nil
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, newProblem(requestFrom(r.Context()), http.StatusNotFound, errs.CodeNotFound, "there is nothing here"))
}

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	p := newProblem(requestFrom(r.Context()), http.StatusMethodNotAllowed, codeMethodNotAllowed,
		"this method is not allowed here: see the header Allow")
	writeProblem(w, p.with("Allow", strings.Join(s.allowed(r.URL.Path), ", ")))
}

// refuseEncodedSlashes answers 404 to a path that has a slash as %2F: the router would take it for one that separates, and
// no parameter of a path holds a slash.
func (s *Server) refuseEncodedSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(strings.ToLower(r.URL.RawPath), "%2f") {
			s.notFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// serveHead answers HEAD where GET is: net/http keeps the body back by itself.
func serveHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}
