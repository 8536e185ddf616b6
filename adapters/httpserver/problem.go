package httpserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// Codes that only this layer gives; the others come from [errs] and from the modules.
const (
	codeInternal             = errs.CodeInternal
	codeMalformed            = errs.CodeMalformed
	codeMethodNotAllowed     = "method_not_allowed"
	codePayloadTooLarge      = "payload_too_large"
	codeUnsupportedMediaType = "unsupported_media_type"
	codeRequestTimeout       = "request_timeout"
	codeHeadTooLarge         = "head_too_large"
	codeExpectationFailed    = "expectation_failed"
)

const (
	detailInternal = "something went wrong on our side; the request id leads to the cause in our log"
	// statusClientGone is for the log alone: nobody reads the answer.
	statusClientGone = 499
	// retryAfterUnknown is told when we cannot know any better.
	retryAfterUnknown = time.Second
	// maxFields and maxLocation bound what a hostile request can make us repeat.
	maxFields   = 100
	maxLocation = 200
)

// Problem is the document of every error (RFC 9457).
type Problem struct {
	Type      string         `json:"type" example:"about:blank" doc:"Always about:blank: the code says what happened."`
	Title     string         `json:"title" example:"Unprocessable Entity" doc:"The status in words."`
	Status    int            `json:"status" example:"422" doc:"The status of the answer."`
	Detail    string         `json:"detail" example:"the request has 1 invalid field" doc:"What happened, for people."`
	Code      string         `json:"code" example:"validation_failed" doc:"What happened, for programs. Stable."`
	RequestID string         `json:"request_id" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55" doc:"The X-Request-Id."`
	Errors    []FieldProblem `json:"errors,omitempty" maxItems:"100" doc:"Every refused value; only with status 400, 415 and 422."`

	header http.Header
}

// FieldProblem is one refused value of a request. The value itself is never repeated.
type FieldProblem struct {
	Location string `json:"location" example:"body.title" doc:"Where: body, query, path or header, and the name."`
	Message  string `json:"message" example:"must not be empty" doc:"What is wrong there."`
}

// Error makes a Problem an error, as huma wants it.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that go with it: WWW-Authenticate, Retry-After, Allow.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of every problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(req *request, status int, code, detail string, fields ...errs.Field) *Problem {
	p := &Problem{
		Type: "about:blank", Title: cmp.Or(http.StatusText(status), "Client Closed Request"), Status: status,
		Detail: detail, Code: code, RequestID: req.id,
	}
	if len(fields) > maxFields {
		fields = fields[:maxFields]
	}
	for _, f := range fields {
		p.Errors = append(p.Errors, FieldProblem{Location: shortened(validText(f.Location)), Message: f.Message})
	}
	return p
}

func (p *Problem) with(key, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(key, value)
	return p
}

// shortened cuts a location, which may hold a name that the client made up.
func shortened(s string) string {
	if len(s) <= maxLocation {
		return s
	}
	return validText(s[:maxLocation]) + "…"
}

var statusOfKind = map[errs.Kind]int{
	errs.Malformed:          http.StatusBadRequest,
	errs.Unauthenticated:    http.StatusUnauthorized,
	errs.Invalid:            http.StatusUnprocessableEntity,
	errs.NotFound:           http.StatusNotFound,
	errs.Forbidden:          http.StatusForbidden,
	errs.Conflict:           http.StatusConflict,
	errs.Gone:               http.StatusGone,
	errs.PreconditionFailed: http.StatusPreconditionFailed,
	errs.RateLimited:        http.StatusTooManyRequests,
	errs.Unavailable:        http.StatusServiceUnavailable,
}

// problem maps any error to its document, and logs those that are ours to look into.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	req := requestFrom(ctx)
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind != errs.Internal {
		if e.Kind == errs.Unavailable {
			s.logFailure(ctx, slog.LevelWarn, "unavailable", err)
		}
		return problemOf(req, e)
	}
	switch {
	case isTooLarge(err):
		return newProblem(req, http.StatusRequestEntityTooLarge, codePayloadTooLarge, s.detailTooLarge())
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return newProblem(req, statusClientGone, errs.CodeUnavailable, "the client has gone away")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		// Whatever a driver makes of it, it failed because time was up.
		s.logFailure(ctx, slog.LevelWarn, "timed out", err)
		return newProblem(req, http.StatusServiceUnavailable, errs.CodeUnavailable, "the request took too long").
			with("Retry-After", retryAfter(0))
	}
	s.logFailure(ctx, slog.LevelError, "request failed", err)
	return newProblem(req, http.StatusInternalServerError, codeInternal, detailInternal)
}

func (s *Server) logFailure(ctx context.Context, level slog.Level, message string, err error) {
	req := requestFrom(ctx)
	s.log.LogAttrs(ctx, level, message,
		slog.String("request_id", req.id), slog.String("route", req.route), slog.Any("error", err))
}

func problemOf(req *request, e *errs.Error) *Problem {
	p := newProblem(req, statusOfKind[e.Kind], e.Code, e.Message, e.Fields...)
	switch e.Kind {
	case errs.Unauthenticated:
		return p.with("WWW-Authenticate", challenge(req, e))
	case errs.RateLimited, errs.Unavailable:
		return p.with("Retry-After", retryAfter(e.RetryAfter))
	default:
		return p
	}
}

// challenge is the header of a 401 (RFC 6750): with an error only if a token was shown.
func challenge(req *request, e *errs.Error) string {
	text := `Bearer realm="fasttrack"`
	switch e.Code {
	case auth.ErrTokenExpired.Code, auth.ErrTokenRevoked.Code:
		return text + fmt.Sprintf(`, error="invalid_token", error_description=%q`, e.Message)
	case errs.CodeUnauthenticated:
		if req.tokenShown {
			return text + fmt.Sprintf(`, error="invalid_token", error_description=%q`, e.Message)
		}
	}
	return text
}

// retryAfter is in whole seconds, rounded up, so that who keeps to it is not refused again.
func retryAfter(d time.Duration) string {
	if d <= 0 {
		d = retryAfterUnknown
	}
	return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10)
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

func (s *Server) detailTooLarge() string {
	return fmt.Sprintf("the body is larger than %d bytes", s.config.MaxBodyBytes)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	h := w.Header()
	for key, values := range p.header {
		h[key] = slices.Clone(values)
	}
	h.Del("ETag")
	h.Del("Content-Encoding")
	h.Del("Content-Length")
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store") // a cache may keep a 404 or a 410 that does not say so (RFC 9110, 15.1)
	body, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Errorf("marshal a problem: %w", err))
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client may be gone; nobody is left to tell
}
