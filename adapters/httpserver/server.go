package httpserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
)

// Config says how the server behaves. The zero value is fit for tests.
type Config struct {
	Title       string // of the API document; default fasttrack
	Version     string // of the program
	Environment string // development or production

	MaxBodyBytes   int64         // default 1 MiB
	RequestTimeout time.Duration // for one request, sockets and streams excepted; default 30 s
	BodyTimeout    time.Duration // for a body to arrive; default 15 s
	HeaderTimeout  time.Duration // for the head of a request to arrive; default 10 s

	CORSOrigins    []string // origins that may call from a browser; none: no CORS
	CSPMode        CSPMode  // default strict
	TrustedProxies []netip.Prefix

	Log   *slog.Logger // default: discard
	Clock clock.Clock  // default [clock.System]
}

// Server is the HTTP edge. It is put together first ([Server.API], [Server.Authenticate], [Server.Health]…) and serves
// then; nothing may be added once it serves.
type Server struct {
	config    Config
	log       *slog.Logger
	router    *mux.Router
	huma      huma.API
	registry  *registry
	codes     map[string]bool   // every code that an operation documents
	tags      map[string]string // what the groups of operations are about
	quiet     map[string]bool   // routes that are logged at debug level
	channels  []Channel         // of the AsyncAPI document
	observers []func(Answered)
	outer     []func(http.Handler) http.Handler

	authenticator auth.Authenticator
	guard         Guard
	health        Health
	draining      atomic.Bool

	documents documents
	handler   func() http.Handler
	http      *http.Server
}

// maxHeadBytes is how large the head of a request may be; net/http lets 4 KiB more pass.
const maxHeadBytes = 64 << 10

// Guard may refuse a request once it is known who asks, and before it is read: rate limits do. It may set headers on
// the answer; its error becomes the problem document.
type Guard func(w http.ResponseWriter, r *http.Request, op Operation) error

// New returns a server that answers with its own operations: health, documentation and the index.
func New(config Config) *Server {
	setGlobals()
	config.Title = cmp.Or(config.Title, "fasttrack")
	config.Version = cmp.Or(config.Version, "dev")
	config.Environment = cmp.Or(config.Environment, "development")
	config.MaxBodyBytes = cmp.Or(config.MaxBodyBytes, 1<<20)
	config.RequestTimeout = cmp.Or(config.RequestTimeout, 30*time.Second)
	config.BodyTimeout = cmp.Or(config.BodyTimeout, 15*time.Second)
	config.HeaderTimeout = cmp.Or(config.HeaderTimeout, 10*time.Second)
	config.CSPMode = cmp.Or(config.CSPMode, CSPStrict)
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Clock == nil {
		config.Clock = clock.System
	}
	s := &Server{
		config: config, log: config.Log, registry: newRegistry(),
		codes: map[string]bool{codeMethodNotAllowed: true, codeHeadTooLarge: true, codeExpectationFailed: true},
		quiet: map[string]bool{}, tags: map[string]string{},
	}
	// Paths are taken as they are: a cleaned one would be answered with a redirect in HTML.
	s.router = mux.NewRouter().SkipClean(true)
	s.router.NotFoundHandler = http.HandlerFunc(s.notFound)
	s.router.MethodNotAllowedHandler = http.HandlerFunc(s.methodNotAllowed)
	s.huma = humamux.New(s.router, s.humaConfig())
	s.handler = sync.OnceValue(s.assemble)
	s.http = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handled(r.Context())
			s.handler().ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: config.HeaderTimeout,
		// Lifted for sockets and streams. There is no ReadTimeout: it would cancel requests that take their time;
		// limits.go bounds how long a body may take.
		WriteTimeout:   config.BodyTimeout + config.RequestTimeout + 15*time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: maxHeadBytes,
		// OPTIONS * is answered like everything else that is not here.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	watch(s.http)
	s.registerHealth()
	s.registerDocs()
	s.registerAsyncAPI()
	return s
}

// API returns where modules register their routes: under /api/v1, or at the root by [API.Root].
func (s *Server) API() *API { return &API{server: s, prefix: "/api/v1"} }

// Authenticate sets who tells who is asking. It must be called before the server serves, if any operation is not
// public.
func (s *Server) Authenticate(a auth.Authenticator) { s.authenticator = a }

// Guard sets what may refuse requests, see [Guard].
func (s *Server) Guard(g Guard) { s.guard = g }

// Observe adds a function that is told of each answer. It must return quickly.
func (s *Server) Observe(observer func(Answered)) { s.observers = append(s.observers, observer) }

// Use adds a layer between the access log and the router: tracing, compression. The first added is the outermost.
func (s *Server) Use(layer func(http.Handler) http.Handler) { s.outer = append(s.outer, layer) }

// Handler returns the whole server as a handler. It freezes what was put together.
func (s *Server) Handler() http.Handler { return s.handler() }

// assemble puts the layers around the router. mux runs its own middleware for matched routes only, and every answer
// needs these.
func (s *Server) assemble() http.Handler {
	h := http.Handler(s.router)
	h = s.refuseEncodedSlashes(h)
	h = serveHead(h)
	h = s.limitBody(h)
	h = s.allowOrigins(h)
	h = s.secureHeaders(h)
	for i := len(s.outer) - 1; i >= 0; i-- {
		h = s.outer[i](h)
	}
	h = s.recoverPanic(h)
	h = s.observe(h)
	return s.identify(h)
}

// Serve answers requests until [Server.Shutdown] is called, and then returns nil; or until ctx is done, and then cuts
// every connection. Requests do not see the cancellation of ctx, so that those in flight can end well.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.http.BaseContext = func(net.Listener) context.Context { return context.WithoutCancel(ctx) }
	stop := context.AfterFunc(ctx, func() { _ = s.http.Close() })
	defer stop()
	if err := s.http.Serve(refusals{l, s}); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

// Drain makes /readyz answer 503 from now on, so that no new work is sent here. Requests are still answered.
func (s *Server) Drain() { s.draining.Store(true) }

// OnShutdown adds a function that is called when [Server.Shutdown] begins: streams and sockets, which it does not wait
// for, end by it.
func (s *Server) OnShutdown(f func()) { s.http.RegisterOnShutdown(f) }

// Shutdown stops accepting and waits for the requests in flight, until ctx is done; then it cuts them.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	if err := s.http.Shutdown(ctx); err != nil {
		_ = s.http.Close()
		return fmt.Errorf("shut down HTTP: %w", err)
	}
	return nil
}
