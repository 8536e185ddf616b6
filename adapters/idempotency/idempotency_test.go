package idempotency_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/idempotency"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

// shop is a server that makes things, with what a test can change about it.
type shop struct {
	*httpservertest.Server
	keys     *idempotency.Keys
	now      atomic.Pointer[time.Time]
	made     atomic.Int64
	refused  atomic.Bool // whoever asks may no longer make things
	broken   atomic.Bool // nothing can be made
	making   func()      // called in the middle
	repeated atomic.Pointer[thing]
}

type thing struct {
	Name string `json:"name"`
}

type makeThing struct {
	httpserver.Idempotent
	Body thing
}

func open(t *testing.T, db *database.DB) *shop {
	t.Helper()
	s := &shop{making: func() {}}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s.now.Store(&start)
	s.keys = idempotency.New(db, func() time.Time { return *s.now.Load() })
	s.Server = httpservertest.New(t, func(api *httpserver.API) {
		for _, kind := range []string{"things", "others"} {
			httpserver.Register(api, httpserver.Operation{
				ID: "make-" + kind, Method: "POST", Path: "/" + kind, Summary: "Make", Tag: "Things",
				Errors: []*errs.Error{errs.Forbiddenf("")},
			}, func(ctx context.Context, in *makeThing) (*httpserver.Resource[thing], error) {
				return idempotency.Create(ctx, s.keys, s.authorize, func(context.Context) (*httpserver.Resource[thing], error) {
					s.making()
					if s.broken.Load() {
						return nil, errs.New(errs.Conflict, "broken", "nothing can be made")
					}
					n := s.made.Add(1)
					return httpserver.Created(fmt.Sprintf("/api/v1/things/%d", n), n, in.Body), nil
				})
			})
		}
	})
	return s
}

func (s *shop) authorize(_ context.Context, made thing) error {
	s.repeated.Store(&made)
	if s.refused.Load() {
		return errs.Forbiddenf("not any more")
	}
	return nil
}

func (s *shop) pass(d time.Duration) { s.now.Store(new(s.now.Load().Add(d))) }

const path = "/api/v1/things"

func TestARepeatedRequestIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		body := thing{"häm <mer> & \u2028"}
		first := ann.Post(path, body, "Idempotency-Key", "one").Require(201)
		require.Empty(t, first.Header.Get("Idempotent-Replayed"))
		for _, written := range []string{"one", `"one"`} {
			again := ann.Post(path, body, "Idempotency-Key", written).Require(201)
			require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
			require.Equal(t, string(first.Body), string(again.Body))
			for _, header := range []string{"ETag", "Location", "Content-Type", "Cache-Control"} {
				require.Equal(t, first.Header.Get(header), again.Header.Get(header), header)
			}
		}
		require.EqualValues(t, 1, s.made.Load())

		ann.Post(path, body, "Idempotency-Key", "two").Require(201)
		ann.Post(path, body).Require(201)
		ann.Post(path, body).Require(201)
		s.LogIn(t, auth.RoleUser).Post(path, body, "Idempotency-Key", "one").Require(201)
		require.EqualValues(t, 5, s.made.Load(), "another key, no key, another user")
	})
}

func TestAKeyIsForOneRequest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		ann.Post(path, thing{"b"}, "Idempotency-Key", "one").RequireProblem(422, "idempotency_mismatch")
		ann.Post("/api/v1/others", thing{"a"}, "Idempotency-Key", "one").RequireProblem(422, "idempotency_mismatch")
		require.EqualValues(t, 1, s.made.Load())
	})
}

func TestAnAnswerIsGivenAgainOnlyToThoseWhoStillMay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		s.refused.Store(true)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").RequireProblem(403, "forbidden")
		require.Equal(t, thing{"a"}, *s.repeated.Load(), "what was made is shown to who decides")
		s.refused.Store(false)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		require.EqualValues(t, 1, s.made.Load())
	})
}

func TestAFailedRequestKeepsNoKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		s.broken.Store(true)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").RequireProblem(409, "broken")
		s.broken.Store(false)
		again := ann.Post(path, thing{"b"}, "Idempotency-Key", "one").Require(201)
		require.Empty(t, again.Header.Get("Idempotent-Replayed"))
	})
}

func TestWhileOneIsWorkedOnAnotherIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann, bob := s.LogIn(t, auth.RoleUser), s.LogIn(t, auth.RoleUser)
		inside, release := make(chan struct{}, 2), make(chan struct{})
		s.making = func() { inside <- struct{}{}; <-release }
		first := make(chan *httpservertest.Answer, 1)
		go func() { first <- ann.Post(path, thing{"a"}, "Idempotency-Key", "one") }()
		<-inside
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").RequireProblem(409, "idempotency_in_flight")
		if db.Dialect() == database.Postgres { // on SQLite Bob waits for his turn to write
			done := make(chan *httpservertest.Answer, 1)
			go func() { done <- bob.Post(path, thing{"a"}, "Idempotency-Key", "one") }()
			<-inside // Bob's key is another one
			defer func() { (<-done).Require(201) }()
		}
		close(release)
		(<-first).Require(201)
		again := ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	})
}

func TestAnAnswerIsKeptForADay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		s.pass(idempotency.Retention - time.Microsecond)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "one").Require(201)
		require.EqualValues(t, 1, s.made.Load())
		s.pass(time.Microsecond)
		ann.Post(path, thing{"b"}, "Idempotency-Key", "one").Require(201)
		require.EqualValues(t, 2, s.made.Load(), "what is too old is replaced, whether or not it has been swept")
		again := ann.Post(path, thing{"b"}, "Idempotency-Key", "one").Require(201)
		require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	})
}

func TestWhatIsTooOldIsSwept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		s := open(t, db)
		ann := s.LogIn(t, auth.RoleUser)
		for _, key := range []string{"a", "b", "c"} {
			ann.Post(path, thing{"a"}, "Idempotency-Key", key).Require(201)
		}
		s.pass(idempotency.Retention / 2)
		ann.Post(path, thing{"a"}, "Idempotency-Key", "d").Require(201)
		s.pass(idempotency.Retention / 2)
		require.NoError(t, s.keys.Run(t.Context()))
		require.NoError(t, s.keys.Run(t.Context()))
		var left []string
		require.NoError(t, db.Conn(t.Context()).Raw(`SELECT key FROM idempotency_keys`).Scan(&left).Error)
		require.Equal(t, []string{"d"}, left)
	})
}

func TestWhichKeysAreTaken(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLite(t)
	s := open(t, db)
	ann := s.LogIn(t, auth.RoleUser)
	post := func(lines ...string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(`{"name":"a"}`))
		require.NoError(t, err)
		r.Header["Idempotency-Key"] = lines
		r.Header.Set("Authorization", "Bearer "+ann.Token)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response
	}
	for _, key := range []string{
		"a", `"b"`, strings.Repeat("c", 255), `"` + strings.Repeat("d", 255) + `"`, `"\"\\"`,
		`"` + strings.Repeat(`\\`, 255) + `"`, "two words", `{}[]<>,;=%'`, `e"`,
	} {
		require.Equal(t, 201, post(key).StatusCode, key)
		require.Equal(t, "true", post(key).Header.Get("Idempotent-Replayed"), key)
	}
	made := s.made.Load()
	for _, lines := range [][]string{
		{""},
		{`""`},
		{`"`},
		{`"a`},
		{`"a"b`},
		{`"\a"`},
		{`"\`},
		{strings.Repeat("c", 256)},
		{`"` + strings.Repeat("c", 256) + `"`},
		{"ä"},
		{"a\tb"},
		{"\xff"},
		{"a", "b"},
		{"a", "a"},
	} {
		require.Equal(t, 422, post(lines...).StatusCode, "%q", lines)
	}
	require.Equal(t, made, s.made.Load())
	ann.Post(path, `{"name":5}`, "Idempotency-Key", "").Require(422)
}

func TestTheHeaderIsDocumented(t *testing.T) {
	t.Parallel()
	s := open(t, dbtest.SQLite(t))
	asJSON, _, err := s.OpenAPI()
	require.NoError(t, err)
	for _, text := range []string{`"Idempotency-Key"`, `idempotency_mismatch`, `idempotency_in_flight`, `"Idempotent-Replayed"`} {
		require.Contains(t, string(asJSON), text)
	}
}
