package ws

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/clock"
)

// eventWriter writes server-sent events (the HTML standard, 9.2) until it is ended. Each may take as long as the limit.
type eventWriter struct {
	w     http.ResponseWriter
	c     *http.ResponseController
	limit time.Duration
	ended <-chan struct{} // closed when nothing is to be written any more
	cause func() error    // why
	stop  func(cause error)
}

// endOfStream is why the server ends a stream.
type endOfStream string

func (e endOfStream) Error() string { return string(e) }

func newEventWriter(ctx context.Context, w http.ResponseWriter, limit time.Duration) *eventWriter {
	ctx, stop := context.WithCancelCause(ctx)
	return &eventWriter{
		w: w, c: http.NewResponseController(w), limit: limit,
		ended: ctx.Done(), cause: func() error { return context.Cause(ctx) }, stop: stop,
	}
}

// end has nothing more written, and a write that is under way end soon. It returns at once.
func (e *eventWriter) end(reason string) {
	e.stop(endOfStream(reason))
	_ = e.c.SetWriteDeadline(clock.In(closeGrace))
}

// begin sends the header and the first events.
func (e *eventWriter) begin(s *stream) error {
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	h.Set("Connection", "close")     // its deadlines are the stream's alone
	e.w.WriteHeader(http.StatusOK)
	if err := e.ready(s); err != nil {
		return err
	}
	if s.start.Resync {
		if err := e.resync(); err != nil {
			return err
		}
	}
	return e.flush()
}

// ready is the first event. Its id makes a client that loses the stream before the next one come back to this place; its
// retry spreads those who come back at once.
func (e *eventWriter) ready(s *stream) error {
	retry := 1000 + rand.IntN(2000) //nolint:gosec // jitter
	return e.write("retry: " + strconv.Itoa(retry) + "\n" +
		event("ready", s.start.After, ready(s.who, s.start.After, s.hub.now())))
}

func (e *eventWriter) notification(n domain.Notification) error {
	return e.write(event(string(n.Type), n.Seq, notified(n)))
}

// resync has no id: what comes next says where the client is.
func (e *eventWriter) resync() error {
	return e.write("event: resync_required\ndata: " + string(resyncRequired) + "\n\n")
}

func (e *eventWriter) heartbeat() error {
	if err := e.write(": still here\n\n"); err != nil {
		return err
	}
	return e.flush()
}

func event(kind string, id int64, data []byte) string {
	return "id: " + strconv.FormatInt(id, 10) + "\nevent: " + kind + "\ndata: " + string(data) + "\n\n"
}

// write looks whether the stream has ended after it has set its deadline, and end sets its own after it has ended the
// stream: so whatever comes first, no write outlasts the end for long.
func (e *eventWriter) write(text string) error {
	return e.limited(func() error {
		_, err := e.w.Write([]byte(text)) //nolint:gosec // nobody takes an event stream for HTML
		return err
	})
}

func (e *eventWriter) flush() error { return e.limited(e.c.Flush) }

func (e *eventWriter) limited(do func() error) error {
	_ = e.c.SetWriteDeadline(clock.In(e.limit)) // a writer without deadlines is that of a test
	select {
	case <-e.ended:
		return e.cause()
	default:
	}
	err := do()
	if err == nil {
		return nil
	}
	var ours endOfStream
	if errors.As(e.cause(), &ours) {
		return ours
	}
	// Whatever fails, net/http takes the client for gone.
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return endOfStream(reasonStalled)
	}
	return err
}
