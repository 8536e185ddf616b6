package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"fasttrack/adapters/database"
	"fasttrack/adapters/httpserver"
)

// flushWithin is how long the last spans may take to be sent when the program stops.
const flushWithin = 3 * time.Second

// Tracing sends spans to a collector by OTLP over HTTP. A span holds names, routes and statuses: neither a path as it
// was sent, nor a query, nor a value of a statement, nor the text of an error, in all of which a secret might be.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	carrier  propagation.TextMapPropagator
}

// NewTracing returns tracing to a collector, such as http://collector:4318. What else there is to set are the standard
// variables of OpenTelemetry (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME …).
func NewTracing(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracing, error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("make the exporter of traces: %w", err)
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "fasttrack"), attribute.String("service.version", version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("describe the program to the collector: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&reporting{SpanExporter: exporter, log: log}), sdktrace.WithResource(described))
	return &Tracing{provider, provider.Tracer("fasttrack"), propagation.TraceContext{}}, nil
}

// Close sends the last spans.
func (t *Tracing) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // what cannot be sent is lost
}

// reporting logs when the collector goes away and when it is back, which the library would tell a global handler.
type reporting struct {
	sdktrace.SpanExporter
	log  *slog.Logger
	away atomic.Bool
}

// ExportSpans implements sdktrace.SpanExporter.
func (r *reporting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	switch err := r.SpanExporter.ExportSpans(ctx, spans); {
	case err != nil && r.away.CompareAndSwap(false, true):
		r.log.WarnContext(ctx, "traces cannot be sent; they are lost meanwhile", "error", err)
	case err == nil && r.away.CompareAndSwap(true, false):
		r.log.InfoContext(ctx, "traces are sent again")
	}
	return nil
}

// Layer is a layer of httpserver: a span for each request, below the one that a caller says it is part of.
func (t *Tracing) Layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := t.carrier.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer))
		httpserver.SetTraceID(ctx, span.SpanContext().TraceID().String())
		defer func() {
			a := httpserver.SoFar(ctx)
			span.SetName(a.Method + " " + a.Route)
			span.SetAttributes(
				attribute.String("http.request.method", a.Method), attribute.String("http.route", a.Route),
				attribute.Int("http.response.status_code", a.Status), attribute.String("request_id", httpserver.RequestID(ctx)))
			if a.Status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Statement is the hook of database.DB.Observe. Statements of nobody's trace, such as polls, make none.
func (t *Tracing) Statement(ctx context.Context, s database.Statement) {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return
	}
	_, span := t.tracer.Start(ctx, "sql "+s.Verb, trace.WithTimestamp(s.Began), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.query.text", s.SQL)))
	end(span, s.Err, trace.WithTimestamp(s.Began.Add(s.Took)))
}

// Handler begins the span of a handler of an event.
func (t *Tracing) Handler(ctx context.Context, moment, handler string) (context.Context, func(error)) {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, handler, trace.WithAttributes(attribute.String("moment", moment)))
	return ctx, func(err error) { end(span, err) }
}

// Inserting returns what a job carries of the trace that it is inserted in.
func (t *Tracing) Inserting(ctx context.Context) map[string]string {
	carried := propagation.MapCarrier{}
	t.carrier.Inject(ctx, carried)
	return carried
}

// Working begins the span of a job, below that of whoever inserted it.
func (t *Tracing) Working(ctx context.Context, kind string, carried map[string]string) (context.Context, func(error)) {
	ctx = t.carrier.Extract(ctx, propagation.MapCarrier(carried))
	ctx, span := t.tracer.Start(ctx, kind, trace.WithSpanKind(trace.SpanKindConsumer))
	return ctx, func(err error) { end(span, err) }
}

func end(span trace.Span, err error, options ...trace.SpanEndOption) {
	if err != nil {
		span.SetStatus(codes.Error, "")
	}
	span.End(options...)
}
