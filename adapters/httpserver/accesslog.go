package httpserver

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Answered is one request that has been answered, as metrics count it.
type Answered struct {
	Method   string
	Route    string // the template of the path, such as /api/v1/tasks/{id}; empty when no route matched
	Status   int
	Bytes    int64 // of the body
	Duration time.Duration
}

// observe writes one line for each request and tells the observers. The line holds neither the path as it was sent
// nor the query nor any header: a token might be in them.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		// Deferred, so that an aborted answer is seen as well.
		defer func() {
			req, done := requestFrom(r.Context()), SoFar(r.Context())
			done.Duration = time.Since(start)
			s.report(r.Context(), req, done)
		}()
		next.ServeHTTP(w, r)
	})
}

// SoFar returns what is known of the answer to the request of ctx, for layers (see [Server.Use]) once it has been given.
func SoFar(ctx context.Context) Answered {
	req := requestFrom(ctx)
	so := Answered{Method: req.method, Route: req.route, Status: http.StatusOK}
	if req.writer != nil {
		so.Bytes = req.writer.bytes
		if req.writer.status != 0 {
			so.Status = req.writer.status
		}
	}
	return so
}

// report tells the observers of an answer, and the log.
func (s *Server) report(ctx context.Context, req *request, done Answered) {
	for _, observer := range s.observers {
		observer(done)
	}
	s.logAnswer(ctx, req, done)
}

func (s *Server) logAnswer(ctx context.Context, req *request, done Answered) {
	level := slog.LevelInfo
	switch {
	case done.Status >= http.StatusInternalServerError:
		level = slog.LevelError
	case s.quiet[done.Route]:
		level = slog.LevelDebug
	}
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String("method", done.Method),
		slog.String("route", done.Route),
		slog.Int("status", done.Status),
		slog.Int64("bytes", done.Bytes),
		slog.Duration("duration", done.Duration),
		slog.String("client", req.client),
		slog.String("request_id", req.id),
	)
	if req.traceID != "" {
		attrs = append(attrs, slog.String("trace_id", req.traceID))
	}
	if !req.userID.IsZero() {
		attrs = append(attrs, slog.String("user_id", req.userID.String()))
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
}
