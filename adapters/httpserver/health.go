package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fasttrack/shared/errs"
)

// Health is what the server asks others about its state. A missing probe counts as well.
type Health struct {
	Dialect string                      // of the database
	Ping    func(context.Context) error // the database answers
	Ready   func(context.Context) error // all that a request needs is there: the schema is current, for one
}

// Health sets the probes.
func (s *Server) Health(h Health) { s.health = h }

const probeTimeout = 2 * time.Second

var errNotReady = errs.New(errs.Unavailable, errs.CodeUnavailable, "this node takes no requests now")

type healthOutput struct {
	Status     int
	RetryAfter string `header:"Retry-After" hidden:"true"`
	Body       healthBody
}

type healthBody struct {
	Status      string         `json:"status" enum:"ok,unavailable" doc:"unavailable when the database is down."`
	Version     string         `json:"version" example:"1.0.0"`
	Environment string         `json:"environment" example:"production"`
	Database    databaseHealth `json:"database"`
	Timestamp   Timestamp      `json:"timestamp"`
}

type databaseHealth struct {
	Dialect   string  `json:"dialect" example:"postgres"`
	Status    string  `json:"status" enum:"up,down"`
	LatencyMS float64 `json:"latency_ms" example:"0.42" doc:"How long the database took to answer."`
}

func (healthBody) schemaName() string { return "Health" }

type probeOutput struct{ Body probeBody }

type probeBody struct {
	Status string `json:"status" example:"ok"`
}

func (probeBody) schemaName() string { return "Probe" }

func (s *Server) registerHealth() {
	root := s.API().Root()
	shown := s.registry.Schema(reflect.TypeFor[healthBody](), true, "")
	Register(root, Operation{
		ID: "get-health", Method: http.MethodGet, Path: "/health", Tag: tagOperations, Public: true, quiet: true,
		Summary:     "Show the state of this node",
		Description: "The state is shown with status 503 too, when the database is down.",
		responses: map[string]*huma.Response{"503": {
			Description: "The database is down.",
			Headers:     header("Retry-After", "Seconds to wait before the next try."),
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: shown, Example: exampleOf(s.registry, shown, 0),
			}},
		}},
	}, s.getHealth)
	Register(root, Operation{
		ID: "get-liveness", Method: http.MethodGet, Path: "/livez", Tag: tagOperations, Public: true, quiet: true,
		Summary: "Say whether the process runs", Description: "Whatever state the database is in.",
	}, func(context.Context, *struct{}) (*probeOutput, error) {
		return &probeOutput{Body: probeBody{Status: "ok"}}, nil
	})
	Register(root, Operation{
		ID: "get-readiness", Method: http.MethodGet, Path: "/readyz", Tag: tagOperations, Public: true, quiet: true,
		Summary: "Say whether this node takes requests", Errors: []*errs.Error{errNotReady},
		Description: "Not while the database is away, the schema is older than the program, or the node is stopping.",
	}, s.getReadiness)
}

func (s *Server) getHealth(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	out := &healthOutput{Status: http.StatusOK, Body: healthBody{
		Status: "ok", Version: s.config.Version, Environment: s.config.Environment,
		Database: databaseHealth{Dialect: s.health.Dialect, Status: "up"},
	}}
	start := time.Now()
	if err := probe(ctx, s.health.Ping); err != nil {
		s.logFailure(ctx, slog.LevelWarn, "database is down", err)
		out.Status, out.Body.Status, out.Body.Database.Status = http.StatusServiceUnavailable, "unavailable", "down"
		out.RetryAfter = retryAfter(0)
	}
	out.Body.Database.LatencyMS = float64(time.Since(start).Microseconds()) / 1000
	out.Body.Timestamp = Timestamp(s.config.Clock())
	return out, nil
}

func (s *Server) getReadiness(ctx context.Context, _ *struct{}) (*probeOutput, error) {
	if s.draining.Load() {
		return nil, errNotReady
	}
	for _, check := range []func(context.Context) error{s.health.Ping, s.health.Ready} {
		if err := probe(ctx, check); err != nil {
			return nil, errNotReady.WithCause(err)
		}
	}
	return &probeOutput{Body: probeBody{Status: "ok"}}, nil
}

func probe(ctx context.Context, check func(context.Context) error) error {
	if check == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return check(ctx)
}
