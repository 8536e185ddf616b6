package httpserver

import (
	"bufio"
	"net"
	"net/http"
)

// responseWriter counts what is answered. It keeps what a handler may want of the writer below: flushing, deadlines
// (through Unwrap and [http.ResponseController]) and taking over the connection.
type responseWriter struct {
	http.ResponseWriter
	status   int // 0 until the header is written
	bytes    int64
	hijacked bool
}

func (w *responseWriter) WriteHeader(status int) {
	// A 1xx other than 101 announces more to come.
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Flush sends what was written so far.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError is Flush for [http.ResponseController].
func (w *responseWriter) FlushError() error {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack hands the connection over, to a web socket for one.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.hijacked = true
		w.status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}

// Unwrap gives [http.ResponseController] the writer below.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// counted returns the counting writer under w, or nil.
func counted(w http.ResponseWriter) *responseWriter {
	for {
		switch t := w.(type) {
		case *responseWriter:
			return t
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil
		}
	}
}
