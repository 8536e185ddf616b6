package ws

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/application/feeder"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
)

var errTooMany = errs.New(errs.RateLimited, errs.CodeRateLimited, "too many sockets and event streams are open")

// stream is one open event stream of a user. It is the sink of one follower: what is delivered waits in it, a window at
// most, until the goroutine of the request has written it.
type stream struct {
	hub      *Hub
	who      auth.Principal
	follower *feeder.Follower
	start    application.Start
	out      *eventWriter
	news     chan struct{} // holds a token when there may be something to write

	mu      sync.Mutex
	waiting []delivery
}

// delivery is a notification, or the news that those before the next one are lost.
type delivery struct {
	notification domain.Notification
	lost         bool
}

// Stream answers GET /notifications/stream. It returns when the stream has ended.
func (h *Hub) Stream(w http.ResponseWriter, r *http.Request) {
	s, err := h.prepareStream(w, r)
	if err != nil {
		h.api.Problem(w, r, err)
		return
	}
	defer s.leave()
	if !h.begin() {
		h.api.Problem(w, r, errStopping)
		return
	}
	defer h.running.Done()
	s.serve()
}

// prepareStream is prepare for a stream.
func (h *Hub) prepareStream(w http.ResponseWriter, r *http.Request) (*stream, error) {
	ctx, query := r.Context(), r.URL.Query()
	token, err := httpserver.BearerToken(ctx), error(nil)
	if query.Has("ticket") {
		token, err = h.redeem(r, query)
	}
	who, err := h.admit(w, r, token, err)
	if err != nil {
		return nil, err
	}
	if err := httpserver.CheckQuery(r, "ticket", "after_seq"); err != nil {
		return nil, err
	}
	after, err := lastEventOf(r, query)
	if err != nil {
		return nil, err
	}
	s := &stream{hub: h, who: who, news: make(chan struct{}, 1), out: newEventWriter(ctx, w, h.config.StallLimit)}
	if !h.add(s) {
		return nil, errTooMany
	}
	s.follower = h.feeder.Join(who.UserID, s)
	if s.start, err = h.place(ctx, who, token, after); err != nil {
		s.leave()
		return nil, err
	}
	return s, nil
}

// lastEventOf is afterOf for a stream: a client that comes back names the last event that it got, and still has the
// after_seq in its address with which it began.
func lastEventOf(r *http.Request, query url.Values) (*int64, error) {
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		return afterOf(query)
	}
	after, ok := httpserver.WholeNumber(last)
	if !ok || after < 0 {
		return nil, errs.InvalidFields(errs.Field{Location: "header.Last-Event-ID", Message: "must be the id of an event"})
	}
	return &after, nil
}

func (s *stream) leave() {
	s.hub.remove(s)
	s.follower.Leave()
	s.out.stop(nil)
}

// serve writes events until the stream or its client is at an end.
func (s *stream) serve() {
	beat := time.NewTicker(s.hub.config.PingInterval)
	defer beat.Stop()
	err := s.out.begin(s)
	s.follower.Start(s.start.After, s.start.End)
	for err == nil {
		select {
		case <-s.out.ended:
			err = s.out.cause()
		case <-beat.C:
			err = s.out.heartbeat()
		case <-s.news:
			err = s.pass()
		}
	}
	s.logEnd(err)
}

// pass writes what waits, and has the feed go on.
func (s *stream) pass() error {
	s.mu.Lock()
	next := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, d := range next {
		var err error
		switch {
		case d.lost:
			err = s.out.resync()
		case d.notification.IsEndOf(s.who.SessionID):
			err = endOfStream(reasonEnded)
		default:
			s.hub.observe(d.notification, s.start)
			err = s.out.notification(d.notification)
		}
		if err != nil {
			return err
		}
	}
	err := s.out.flush()
	s.follower.Continue()
	return err
}

// logEnd logs why the stream ends, once.
func (s *stream) logEnd(err error) {
	level, reason := slog.LevelDebug, "the client left"
	var ours endOfStream
	if errors.As(err, &ours) {
		level, reason = slog.LevelInfo, string(ours)
	}
	if ours == reasonStalled {
		level = slog.LevelWarn
	}
	s.hub.log.LogAttrs(context.Background(), level, "an event stream ends",
		slog.String("user_id", s.who.UserID.String()), slog.String("session_id", s.who.SessionID.String()),
		slog.String("reason", reason))
}

func (s *stream) principal() auth.Principal { return s.who }

// sweep ends the stream with its token. A client that does not keep up is found out by the goroutine that writes.
func (s *stream) sweep(now time.Time) {
	if !now.Before(s.who.ExpiresAt) {
		s.out.end(reasonExpired)
	}
}

func (s *stream) revoked() { s.out.end(reasonEnded) }
func (s *stream) stop()    { s.out.end(reasonStopping) }

// Room implements feeder.Sink.
func (s *stream) Room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(feeder.Window-len(s.waiting), 0)
}

// Deliver implements feeder.Sink.
func (s *stream) Deliver(next []domain.Notification) {
	deliveries := make([]delivery, len(next))
	for i, n := range next {
		deliveries[i].notification = n
	}
	s.put(deliveries...)
}

// Lose implements feeder.Sink.
func (s *stream) Lose() { s.put(delivery{lost: true}) }

func (s *stream) put(next ...delivery) {
	s.mu.Lock()
	s.waiting = append(s.waiting, next...)
	s.mu.Unlock()
	select {
	case s.news <- struct{}{}:
	default:
	}
}
