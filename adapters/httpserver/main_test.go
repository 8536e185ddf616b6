package httpserver_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/patch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testCursors are the same everywhere, as in a program.
var testCursors = page.NewCodec([]byte("a key"))

// start serves the notes of the example, and routes that fail in every way.
func start(t testing.TB, config httpserver.Config) *httpservertest.Server {
	t.Helper()
	return httpservertest.NewWith(t, config, func(s *httpserver.Server) {
		registerNotes(s.API(), noteRoutes{notes: &notes{}, cursors: testCursors})
		registerOddities(s.API())
	})
}

type oddBody struct {
	Name   string                               `json:"name"`
	Count  int                                  `json:"count,omitempty" minimum:"1" maximum:"10"`
	Size   int                                  `json:"size,omitempty"`
	Kind   string                               `json:"kind,omitempty" enum:"a,b"`
	Tags   []string                             `json:"tags,omitempty" maxItems:"3"`
	Nested *oddNested                           `json:"nested,omitempty"`
	Owner  *ids.ID                              `json:"owner_id,omitempty"`
	Other  patch.Nullable[ids.ID]               `json:"other_id,omitzero"`
	At     *httpserver.Timestamp                `json:"at,omitempty"`
	Due    patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero"`
	Mail   *string                              `json:"mail,omitempty" format:"email"`
}

type oddNested struct {
	Deep string `json:"deep"`
}

type oddInput struct {
	Name string                    `path:"name"`
	At   httpserver.Timestamp      `query:"at"`
	Is   httpserver.Optional[bool] `query:"is"`
	N    int                       `query:"n" minimum:"1"`
	Q    string                    `query:"q"`
	ID   ids.ID                    `query:"id"`
	Body oddBody
}

type oddOutput struct {
	Body struct {
		Body oddBody `json:"body"`
		Is   *bool   `json:"is"`
		At   string  `json:"at"`
	}
}

type namedInput struct {
	Name string `path:"name"`
}

func registerOddities(api *httpserver.API) {
	op := func(id, method, path string) httpserver.Operation {
		return httpserver.Operation{ID: id, Method: method, Path: path, Summary: id, Tag: "odd"}
	}
	httpserver.Register(api, op("odd-echo", http.MethodPost, "/odd/{name}"),
		func(_ context.Context, in *oddInput) (*oddOutput, error) {
			out := &oddOutput{}
			out.Body.Body, out.Body.Is, out.Body.At = in.Body, in.Is.Pointer(), in.At.String()
			return out, nil
		})
	failures := map[string]error{
		"unknown":     errors.New("dial tcp 10.0.0.1: the password is hunter2"),
		"internal":    errs.New(errs.Internal, "internal", "hunter2"),
		"forbidden":   errs.Forbiddenf("only the owner may do this"),
		"conflict":    errs.New(errs.Conflict, "slug_taken", "the slug is taken").WithCause(errors.New("hunter2")),
		"gone":        errs.New(errs.Gone, "resync_required", "read it all again"),
		"limited":     errs.New(errs.RateLimited, errs.CodeRateLimited, "slow down").WithRetryAfter(1500 * time.Millisecond),
		"unavailable": errs.New(errs.Unavailable, errs.CodeUnavailable, "no database").WithCause(errors.New("hunter2")),
		"deadline":    context.DeadlineExceeded,
		"credentials": errs.New(errs.Unauthenticated, "invalid_credentials", "wrong e-mail or password"),
	}
	public := op("odd-fail", http.MethodGet, "/fail/{name}")
	public.Public = true
	httpserver.Register(api, public, func(_ context.Context, in *namedInput) (*struct{}, error) {
		if in.Name == "panic" {
			panic("hunter2")
		}
		return nil, failures[in.Name]
	})
	httpserver.Register(api, op("odd-wait", http.MethodGet, "/wait"),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	who := op("odd-who", http.MethodGet, "/who")
	who.Public = true
	httpserver.Register(api, who, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		if _, known := auth.From(ctx); known {
			return nil, errors.New("a public route knows nobody")
		}
		return nil, nil
	})
	httpserver.Register(api, op("odd-toggle", http.MethodPatch, "/toggle"),
		func(_ context.Context, in *struct {
			Body *struct {
				On bool `json:"on"`
			}
		},
		) (*oddOutput, error) {
			out := &oddOutput{}
			if in.Body != nil {
				out.Body.Is = &in.Body.On
			}
			return out, nil
		})
}

// logs keeps what is logged, as text.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
