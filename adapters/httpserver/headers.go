package httpserver

import (
	"maps"
	"net/http"
	"slices"

	"github.com/rs/cors"
)

// CSPMode says how strict the Content-Security-Policy is.
type CSPMode string

// The modes: strict allows nothing but what the documentation's pages need, relaxed also inline scripts and styles of
// this server, disabled sends no header.
const (
	CSPStrict   CSPMode = "strict"
	CSPRelaxed  CSPMode = "relaxed"
	CSPDisabled CSPMode = "disabled"
)

const (
	headerCSP = "Content-Security-Policy"

	cspNothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	cspRelaxed = "default-src 'self' 'unsafe-inline' data: blob:; base-uri 'none'; frame-ancestors 'none'"
)

// everyHeader returns the headers that every answer has, but for its X-Request-Id.
func (s *Server) everyHeader() http.Header {
	policy := map[CSPMode]string{CSPStrict: cspNothing, CSPRelaxed: cspRelaxed}[s.config.CSPMode]
	same := http.Header{}
	same.Set("X-Content-Type-Options", "nosniff")
	same.Set("Referrer-Policy", "no-referrer")
	same.Set("X-Frame-Options", "DENY")
	same.Set("Cross-Origin-Opener-Policy", "same-origin")
	if policy != "" {
		same.Set(headerCSP, policy)
	}
	if s.config.Environment == "production" {
		same.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	return same
}

// secureHeaders sets the headers that every answer has.
func (s *Server) secureHeaders(next http.Handler) http.Handler {
	same := s.everyHeader()
	for name, lines := range same {
		same[name] = slices.Clip(lines) // all answers share them: to add a line is to copy them
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), same)
		next.ServeHTTP(w, r)
	})
}

// allowOrigins lets browsers call from the configured origins. Tokens travel in a header, so no credentials are
// allowed.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
	if len(s.config.CORSOrigins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.config.CORSOrigins,
		AllowedMethods: []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete,
		},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID",
			"X-Request-Id",
		},
		ExposedHeaders: []string{
			"ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit",
			"X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id", "Idempotent-Replayed",
		},
		MaxAge: 600,
	}).Handler(next)
}
