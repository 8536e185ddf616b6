// Package errs is the one vocabulary of failure in fasttrack.
//
// An error that a caller may learn about is an [Error]: a kind, a stable code, a message that is safe to show,
// and a cause that is not. It gets its kind where the failure is known (mostly in a module's domain) and is mapped
// to HTTP in one place (adapters/httpserver). Whatever else reaches that place is a 500 with nothing inside.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure an [Error] is; each kind has one HTTP status.
type Kind int

// The kinds and their statuses.
const (
	Internal           Kind = iota // 500: ours; never shown
	Malformed                      // 400: could not be read at all
	Unauthenticated                // 401: who is asking is not known
	Invalid                        // 422: was read, but its values are refused
	NotFound                       // 404: does not exist, or the caller may not know that it does
	Forbidden                      // 403: the caller sees it, but may not do this
	Conflict                       // 409: contradicts the current state
	Gone                           // 410: was there and will not be again
	PreconditionFailed             // 412: the caller's version is stale
	RateLimited                    // 429: too many requests
	Unavailable                    // 503: cannot be done now; worth another try
)

// Codes that belong to no module.
const (
	CodeInternal           = "internal"
	CodeMalformed          = "malformed"
	CodeUnauthenticated    = "unauthenticated"
	CodeValidationFailed   = "validation_failed"
	CodeNotFound           = "not_found"
	CodeForbidden          = "forbidden"
	CodePreconditionFailed = "precondition_failed"
	CodeRateLimited        = "rate_limited"
	CodeUnavailable        = "unavailable"
)

// Error is a failure that a caller may learn about.
//
// Errors are compared by kind and code: errors.Is(err, tasks.ErrArchived) holds for every error derived from
// that one by [Error.WithCause] or [Error.WithRetryAfter].
type Error struct {
	Kind       Kind
	Code       string        // stable, snake_case, part of the API
	Message    string        // one sentence, safe to show to anybody
	Fields     []Field       // what is wrong where; only for Invalid
	RetryAfter time.Duration // when to try again; only for RateLimited and Unavailable, zero if unknown
	cause      error
}

// Field is one refused value of a request.
type Field struct {
	// Location is the path of the value: body.title, query.limit, path.id.
	Location string
	// Message says what is wrong with it. It never repeats the value: it might be a password.
	Message string
}

// New returns an error of the given kind. The message is shown to clients.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// NotFoundf says that a thing does not exist, or that the caller may not know that it does.
func NotFoundf(format string, args ...any) *Error {
	return New(NotFound, CodeNotFound, fmt.Sprintf(format, args...))
}

// Forbiddenf says that the caller can see the thing but may not do this to it.
func Forbiddenf(format string, args ...any) *Error {
	return New(Forbidden, CodeForbidden, fmt.Sprintf(format, args...))
}

// InvalidFields reports every refused field of a request at once. It returns nil, as an error, when there is none,
// so that a constructor can collect its complaints and end with it.
func InvalidFields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	noun := "field"
	if len(fields) > 1 {
		noun = "fields"
	}
	return &Error{
		Kind: Invalid, Code: CodeValidationFailed, Fields: fields,
		Message: fmt.Sprintf("the request has %d invalid %s", len(fields), noun),
	}
}

// InvalidField reports one refused member of the request's body.
func InvalidField(name, message string) error {
	return InvalidFields(Body(name, message))
}

// Body is a complaint about a member of the request's body.
func Body(name, message string) Field {
	return Field{Location: "body." + name, Message: message}
}

// Error returns the message and the cause. It is meant for logs; clients get the message alone.
func (e *Error) Error() string {
	text := e.Message
	for _, f := range e.Fields {
		text += fmt.Sprintf("; %s: %s", f.Location, f.Message)
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is an [Error] of the same kind and code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Code == e.Code
}

// WithCause returns a copy that carries the reason, for the log alone.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// WithRetryAfter returns a copy that tells the caller when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// KindOf returns the kind of the first [Error] in the chain of err, and [Internal] if there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
