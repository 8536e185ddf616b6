package httpserver_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/clock"
)

// BenchmarkGet is what this layer costs: everything of a GET but the network and the store.
func BenchmarkGet(b *testing.B) {
	server := httpserver.New(httpserver.Config{CORSOrigins: []string{"http://app.test"}})
	tokens := authtest.NewTokens(clock.System)
	server.Authenticate(tokens)
	store := &notes{}
	registerNotes(server.API(), noteRoutes{notes: store, cursors: testCursors})
	principal, token := tokens.User(auth.RoleUser)
	n, err := store.create(principal, "Buy milk")
	if err != nil {
		b.Fatal(err)
	}
	handler := server.Handler()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/notes/"+n.id.String(), nil)
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
