package httpserver_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
	"fasttrack/shared/auth/authtest"
	"fasttrack/shared/clock"
)

// FuzzRequest sends whatever it can think of: no answer is a 5xx, and every refusal is a problem document that names
// the request.
func FuzzRequest(f *testing.F) {
	server := httpserver.New(httpserver.Config{MaxBodyBytes: 4096})
	tokens := authtest.NewTokens(clock.System)
	server.Authenticate(tokens)
	store := &notes{}
	registerNotes(server.API(), noteRoutes{notes: store, cursors: testCursors})
	api := server.API()
	registerOddities(api)
	handler := server.Handler()
	_, token := tokens.User(auth.RoleUser)

	for _, seed := range []struct{ method, path, query, header, value, body string }{
		{"GET", "/", "", "", "", ""},
		{"GET", "/api/v1/notes", "limit=1&sort=-text&cursor=abc", "If-None-Match", "*", ""},
		{"POST", "/api/v1/notes", "", "Content-Type", "application/json; charset=utf-8", `{"text":"x","due_at":null}`},
		{"PATCH", "/api/v1/notes/" + someID, "", "If-Match", `W/"1.x", "2.y"`, `{"text":"x","due_at":"2026-01-01T00:00:00Z"}`},
		{"DELETE", "/api/v1/notes/" + someID, "x=%00", "If-Match", "*", ""},
		{"POST", "/api/v1/odd/%ff", "at=0000-01-01T00:00:00Z&is=&n=1&id=x;", "X-Request-Id", "\x00", `{"nested":{"deep":[]}}`},
		{"PUT", "//x/../y", "%zz", "Authorization", "Bearer  ", "\xff"},
		{"HEAD", "/api/v1/toggle", "", "Accept", "json", "null"},
		{"OPTIONS", "/docs/../openapi.yaml", "", "Origin", "null", "[[[[[["},
		{"POST", "/api/v1/odd/a", "", "Content-Encoding", "gzip", `{"name":"x","count":1e400,"tags":[null]}`},
		{"PATCH", "/api/v1/toggle", "", "Content-Type", "a+;b", `{"on":true,"on":null}`},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.header, seed.value, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, path, query, header, value, body string) {
		if strings.HasPrefix(path, "/api/v1/fail/") || path == "/api/v1/wait" {
			t.Skip("these fail by intention")
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method = method
		if parsed, err := url.PathUnescape(path); err == nil {
			path = parsed
		}
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+token)
		if header != "" {
			r.Header[http.CanonicalHeaderKey(header)] = []string{value}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %q?%q answers %d: %s", method, path, query, w.Code, w.Body)
		}
		if w.Code < 400 {
			return
		}
		var p httpserver.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%d is no problem document: %v: %s", w.Code, err, w.Body)
		}
		if p.Status != w.Code || p.Code == "" || p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-Id") {
			t.Fatalf("%d with %+v", w.Code, p)
		}
	})
}
