package httpserver

import (
	"net/http"
	"time"
)

// limitBody bounds how much of a body is read and how long it may take to arrive. What is over the limit is a 413,
// given when the body is read: 401 comes first.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
			base := baseWriter(w)
			// A writer without deadlines is that of a test.
			_ = http.NewResponseController(base).SetReadDeadline(time.Now().Add(s.config.BodyTimeout))
			// The reader tells the server's own writer that the connection cannot be used again.
			r.Body = http.MaxBytesReader(base, r.Body, s.config.MaxBodyBytes)
		}
		next.ServeHTTP(w, r)
	})
}

func baseWriter(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}

// unlimited lifts the deadlines of a connection that lives as long as its client wants.
func unlimited(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}
