package httpserver

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// recoverPanic turns a panic into a 500, and logs it with its stack. When the answer has begun already, the connection
// is cut instead, so that the client does not take half an answer for a whole one.
func (s *Server) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in the same way
				panic(cause)
			}
			req, rw := requestFrom(r.Context()), counted(w)
			s.log.LogAttrs(r.Context(), slog.LevelError, "panic",
				slog.String("request_id", req.id),
				slog.String("route", req.route),
				slog.String("panic", fmt.Sprint(cause)),
				slog.String("stack", string(debug.Stack())),
			)
			if rw.hijacked {
				return
			}
			if rw.status != 0 {
				panic(http.ErrAbortHandler)
			}
			writeProblem(w, newProblem(req, http.StatusInternalServerError, codeInternal, detailInternal))
		}()
		next.ServeHTTP(w, r)
	})
}
