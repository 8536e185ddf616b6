package httpserver

import (
	"context"
	"net/http"

	"fasttrack/shared/ids"
)

const headerRequestID = "X-Request-Id"

// identify is the outermost layer: it gives the request its id, its place in the context and a writer that counts.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(headerRequestID)
		if !isRequestID(id) {
			id = ids.New().String()
		}
		w.Header().Set(headerRequestID, id)
		req := &request{
			id: id, method: r.Method, header: r.Header, url: r.URL,
			client: clientIP(r, s.config.TrustedProxies),
			writer: &responseWriter{ResponseWriter: w},
		}
		next.ServeHTTP(req.writer, r.WithContext(context.WithValue(r.Context(), requestKey{}, req)))
	})
}

// isRequestID reports whether a client's id can be repeated in headers and logs as it is.
func isRequestID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
