package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/ratelimit"
	"fasttrack/adapters/telemetry"
	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/clock"
)

// BenchmarkGet is what limits, metrics and traces add to a request: everything of a GET but the network and the store.
func BenchmarkGet(b *testing.B) {
	limit := func(s *httpserver.Server) {
		rate := ratelimit.Rate{Count: ratelimit.MaxCount, Window: time.Second}
		s.Guard(ratelimit.New(ratelimit.NewMemory(clock.Monotonic), ratelimit.Config{
			Budgets: []ratelimit.Budget{{Name: ratelimit.Default, Rate: rate}},
		}).Guard)
	}
	measure := func(s *httpserver.Server) { s.Observe(telemetry.NewMetrics("1").Answered) }
	for _, c := range []struct {
		name string
		with []func(*httpserver.Server)
	}{
		{"bare", nil},
		{"limited", []func(*httpserver.Server){limit}},
		{"measured", []func(*httpserver.Server){measure}},
		{"limited and measured", []func(*httpserver.Server){limit, measure}},
	} {
		b.Run(c.name, func(b *testing.B) {
			server := httpserver.New(httpserver.Config{CORSOrigins: []string{"http://app.test"}})
			tokens := authtest.NewTokens(clock.System)
			server.Authenticate(tokens)
			for _, add := range c.with {
				add(server)
			}
			httpserver.Register(server.API(), httpserver.Operation{
				ID: "get", Method: "GET", Path: "/things/{id}", Summary: "Get", Tag: "test",
			}, func(_ context.Context, in *struct {
				ID string `path:"id"`
			},
			) (*struct{ Body struct{ ID string } }, error) {
				return &struct{ Body struct{ ID string } }{Body: struct{ ID string }{in.ID}}, nil
			})
			_, token := tokens.User(auth.RoleUser)
			handler := server.Handler()
			r := httptest.NewRequest(http.MethodGet, "/api/v1/things/1", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK && w.Code != http.StatusTooManyRequests {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
