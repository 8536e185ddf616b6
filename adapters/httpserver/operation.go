package httpserver

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// Operation describes one route.
type Operation struct {
	ID          string // unique, in kebab case, such as list-tasks: the name in generated clients
	Method      string
	Path        string // below the API's prefix, such as /tasks/{id}
	Summary     string // a few words, such as "List tasks"
	Description string // CommonMark
	Tag         string // the group in the documentation, which [API.Group] describes

	// Public routes know nobody: an Authorization header is not looked at.
	Public bool
	// Status of success. Default: 204 for an output without a body, 201 for a POST that answers with a [Resource],
	// 200 otherwise.
	Status int
	// Errors that the operation gives of its own. What every route of its shape gives is documented by itself.
	Errors []*errs.Error
	// Budget names the operation's own rate limit for whoever is set by [Server.Guard]; empty: the default one below
	// /api/, and none elsewhere. A raw handler that is public and has one finds out itself who asks, and calls
	// [API.Admit].
	Budget string

	// Query documents the parameters of a raw handler, whose input no type shows.
	Query []Parameter
	// Produces is the content type of what a raw handler answers with, if it has one.
	Produces string
	// Deprecated marks a route that clients should leave.
	Deprecated bool

	responses map[string]*huma.Response // what cannot be seen from the types
	cacheable bool                      // the handler says how
	quiet     bool                      // logged at debug level
}

// Parameter is one parameter of a query.
type Parameter struct {
	Name        string
	Type        string // string, integer, number or boolean
	Description string // CommonMark
}

// schema returns what a parameter looks like.
func (p Parameter) schema() *huma.Schema {
	s := &huma.Schema{Type: p.Type}
	if p.Type == huma.TypeInteger {
		s.Format = "int64"
	}
	return s
}

// API is where routes are registered, all before the server serves. It is an [auth.Authenticator] as well, for
// handlers that get their token by another way than the header.
type API struct {
	server *Server
	prefix string
}

var _ auth.Authenticator = (*API)(nil)

// Root returns the same API without the prefix /api/v1.
func (a *API) Root() *API { return &API{server: a.server} }

// Group says, in CommonMark, what the operations with a tag are about.
func (a *API) Group(tag, description string) { a.server.tags[tag] = description }

// Authenticate returns who presents the token, see [auth.Authenticator]. An empty token is [auth.ErrUnauthenticated].
func (a *API) Authenticate(ctx context.Context, token string) (auth.Principal, error) {
	if token == "" {
		return auth.Principal{}, auth.ErrUnauthenticated
	}
	requestFrom(ctx).tokenShown = true
	if a.server.authenticator == nil {
		return auth.Principal{}, errs.New(errs.Internal, errs.CodeInternal, "the server has no authenticator")
	}
	return a.server.authenticator.Authenticate(ctx, token)
}

// Admit lets a raw handler that is public but limited ask the [Guard], once it knows who asks; of the zero principal
// nothing is known but the address. Its error is to be answered.
func (a *API) Admit(w http.ResponseWriter, r *http.Request, who auth.Principal) error {
	rt := requestFrom(r.Context()).selfAdmitting
	if rt == nil || a.server.guard == nil {
		return nil
	}
	if who != (auth.Principal{}) {
		r = r.WithContext(auth.With(r.Context(), who))
	}
	return a.server.guard(w, r, rt.op)
}

// Problem writes the problem document of an error that a raw handler has met, and logs it where it is ours.
func (a *API) Problem(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, a.server.problem(r.Context(), err))
}

// Register adds an operation. I is a struct of parameters (path, query and header tags) and a Body; O one of a Body
// and headers, mostly a [Resource] or a [List], or struct{} for an answer without a body. A nil output is an empty
// answer. It panics on a mistake in the declaration, which shows at start.
func Register[I, O any](a *API, op Operation, handler func(context.Context, *I) (*O, error)) {
	s := a.server
	input, output := reflect.TypeFor[I](), reflect.TypeFor[O]()
	if op.Status == 0 {
		op.Status = defaultStatus(op.Method, output)
	}
	rt := a.route(op)
	rt.mustRead(input)
	_, rt.repeats = reflect.New(input).Interface().(interface{ isIdempotent() })
	_, rt.conditional = reflect.New(input).Interface().(interface{ isConditional() })
	s.registry.operation = op.ID
	described := s.describe(rt, input, output)
	huma.Register(&operationAPI{API: s.huma, route: rt}, described,
		func(ctx context.Context, in *I) (*O, error) {
			req := requestFrom(ctx)
			if err := errs.InvalidFields(fieldsOf(req.complaints, nil)...); err != nil {
				return nil, s.problem(ctx, err)
			}
			out, err := handler(ctx, in)
			if err != nil {
				return nil, s.problem(ctx, err)
			}
			if out, ok := any(out).(interface {
				settle(*request)
				status() int
			}); ok {
				out.settle(req)
				if status := out.status(); status != rt.op.Status && status != http.StatusNotModified {
					return nil, s.problem(ctx, fmt.Errorf("%s answers %d, its operation says %d", op.ID, status, rt.op.Status))
				}
			}
			return out, nil
		})
}

// Handle adds a raw handler: a socket, a stream. It gets the connection as it is (hijacking and flushing work), no
// deadline, and nothing but the principal has been checked; see [CheckQuery] and [API.Problem]. Its documentation is
// what op says.
func (a *API) Handle(op Operation, handler http.Handler) {
	s := a.server
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	rt := a.route(op)
	rt.raw = true
	if op.Produces != "" {
		rt.op.responses = map[string]*huma.Response{strconv.Itoa(op.Status): {
			Description: http.StatusText(op.Status),
			Content:     map[string]*huma.MediaType{op.Produces: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
	}
	described := s.describe(rt, reflect.TypeFor[struct{}](), reflect.TypeFor[struct{}]())
	s.document(rt, &described)
	s.router.NewRoute().Name(rawPrefix + op.ID).Path(rt.path).Methods(op.Method).
		HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rt.serve(w, r, handler.ServeHTTP) })
}

const rawPrefix = "raw:"

func (a *API) route(op Operation) *route {
	if op.ID == "" || op.Method == "" || op.Summary == "" || op.Tag == "" {
		panic(fmt.Sprintf("httpserver: operation %s %s lacks an ID, a method, a summary or a tag", op.Method, op.Path))
	}
	if op.quiet {
		a.server.quiet[a.prefix+op.Path] = true
	}
	return &route{server: a.server, op: op, path: a.prefix + op.Path}
}

var pathParameter = regexp.MustCompile(`\{([^}:]+)`)

// mustRead panics unless the input has a field for every parameter of the path. Fields of an embedded struct whose
// type is not exported are not read, which would otherwise show as a zero id.
func (rt *route) mustRead(input reflect.Type) {
	read := map[string]bool{}
	for _, field := range reflect.VisibleFields(input) {
		outer := input.Field(field.Index[0])
		if name := field.Tag.Get("path"); name != "" && field.IsExported() && outer.IsExported() {
			read[name] = true
		}
	}
	for _, parameter := range pathParameter.FindAllStringSubmatch(rt.path, -1) {
		if !read[parameter[1]] {
			panic(fmt.Sprintf("httpserver: the input of %s has no exported field, in no unexported struct, with `path:%q`",
				rt.op.ID, parameter[1]))
		}
	}
}

func defaultStatus(method string, output reflect.Type) int {
	if _, hasBody := output.FieldByName("Body"); !hasBody {
		return http.StatusNoContent
	}
	if _, is := reflect.New(output).Interface().(interface{ isResource() }); is && method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}

// allowed returns the methods that a path answers to.
func (s *Server) allowed(path string) []string {
	methods := map[string]bool{}
	probe := &http.Request{URL: requestURL(path), Header: http.Header{}}
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		probe.Method = method
		var match mux.RouteMatch
		if !s.router.Match(probe, &match) || match.MatchErr != nil {
			continue
		}
		methods[method] = true
		if method == http.MethodGet && !strings.HasPrefix(match.Route.GetName(), rawPrefix) {
			methods[http.MethodHead] = true
		}
	}
	return slices.Sorted(maps.Keys(methods))
}
