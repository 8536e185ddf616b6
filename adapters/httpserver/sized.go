package httpserver

import (
	"net/http"
	"strconv"
)

// sized holds the head of an answer back until its body is there, so that a body that was marshalled as a whole goes out
// with its length. Without it net/http sends what is over 2 KB in chunks, which is one write to the connection more.
type sized struct {
	http.ResponseWriter
	status int // that waits to be sent; 0: none
}

// WriteHeader keeps the status for later.
func (w *sized) WriteHeader(status int) { w.status = status }

// announce says how long the body will be. It does nothing once the head is out.
func (w *sized) announce(length int) {
	if w.status != 0 {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
}

func (w *sized) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// begin sends the head, if it has been held back. It is called at the end as well, for answers without a body.
func (w *sized) begin() {
	if status := w.status; status != 0 {
		w.status = 0
		w.ResponseWriter.WriteHeader(status)
	}
}

// Flush sends what was written so far.
func (w *sized) Flush() {
	w.begin()
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap gives [http.ResponseController] the writer below.
func (w *sized) Unwrap() http.ResponseWriter { return w.ResponseWriter }
