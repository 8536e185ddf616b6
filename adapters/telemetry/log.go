package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"

	"fasttrack/adapters/httpserver"
)

// Log returns a logger whose lines carry the ids of the request and of the trace that they belong to.
func Log(log *slog.Logger) *slog.Logger { return slog.New(identified{log.Handler()}) }

type identified struct{ slog.Handler }

const (
	requestID = "request_id"
	traceID   = "trace_id"
)

// Handle implements slog.Handler.
func (h identified) Handle(ctx context.Context, r slog.Record) error {
	ids := map[string]string{requestID: httpserver.RequestID(ctx), traceID: httpserver.TraceID(ctx)}
	if span := trace.SpanContextFromContext(ctx); ids[traceID] == "" && span.HasTraceID() {
		ids[traceID] = span.TraceID().String()
	}
	r.Attrs(func(a slog.Attr) bool {
		delete(ids, a.Key) // it has been said
		return true
	})
	for _, key := range []string{requestID, traceID} {
		if ids[key] != "" {
			r.AddAttrs(slog.String(key, ids[key]))
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h identified) WithAttrs(attrs []slog.Attr) slog.Handler {
	return identified{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h identified) WithGroup(name string) slog.Handler { return identified{h.Handler.WithGroup(name)} }
