// Package feeder delivers the notifications of a user's feed to its followers. A follower starts after a number of the
// feed and gets every later notification once, in order, without a gap: those that exist already, and new ones soon
// after they are committed.
//
// All notifications are read from the database. A hint says only that the feed of a user has reached a number; the
// feeder then reads what each follower of that feed lacks, until all of them are at its end. Old and new notifications
// are read by the same loop, so none is missed between them. A hint may be lost or repeated: once a second, one
// statement finds the followed feeds that have grown without a hint.
//
// Memory is bounded by the number of followers, not by the number of notifications: each followed feed has one entry,
// which is in the queue at most once, and a follower is given only as many notifications as it has room for. A fixed
// number of goroutines serves the queue; each reads many feeds by one statement.
package feeder

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/ids"
)

// Window is the greatest number of notifications that a follower is handed at once.
const Window = 8

const (
	readers      = 2           // how many statements read feeds on at the same time
	feedsAtOnce  = 128         // how many feeds one of them reads at most
	pollInterval = time.Second // how long a lost hint goes unnoticed
	// answerIn is how long the database has for an answer. A connection whose other end vanished without a word would
	// otherwise hold a reader for as long as the system tries, which is a quarter of an hour.
	answerIn = 10 * time.Second
)

// Sink is where a follower takes notifications to. Its methods are called by one goroutine at a time, must not block
// and must not call the feeder, but for [Follower.Leave].
type Sink interface {
	// Room returns how many more notifications can be delivered now. After it has returned less than [Window], and
	// there is room again, the sink calls [Follower.Continue].
	Room() int
	// Deliver takes at most as many notifications as there is room for, the next in order.
	Deliver([]domain.Notification)
	// Lose says that what comes next is no longer kept. What is delivered after it begins at the end of the feed.
	Lose()
}

// Feeder serves all followers of this process. It is safe for concurrent use.
type Feeder struct {
	feeds ports.Feeds
	log   *slog.Logger
	limit time.Duration // answerIn, but in a test

	mu      sync.Mutex
	waiting *sync.Cond // for the queue to have something
	users   map[ids.ID]*feed
	queue   []*feed // oldest first, each at most once
	stopped bool
	failing bool // the database did not answer last time
}

// New returns a feeder that serves while it runs.
func New(feeds ports.Feeds, log *slog.Logger) *Feeder {
	f := &Feeder{feeds: feeds, log: log, limit: answerIn, users: map[ids.ID]*feed{}}
	f.waiting = sync.NewCond(&f.mu)
	return f
}

// Run feeds the followers until ctx is done.
func (f *Feeder) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for range readers {
		running.Go(func() { f.read(ctx) })
	}
	running.Go(func() { f.poll(ctx) })
	<-ctx.Done()
	f.mu.Lock()
	f.stopped = true
	f.waiting.Broadcast()
	f.mu.Unlock()
	running.Wait()
	return nil
}

// Hint says that the feed of a user has reached seq. Nothing happens when nobody follows it.
func (f *Feeder) Hint(userID ids.ID, seq int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if feed := f.users[userID]; feed != nil && seq > feed.end {
		feed.end = seq
		f.enqueue(feed)
	}
}

// Following returns how many users are followed.
func (f *Feeder) Following() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.users)
}

// poll asks now and then which feeds have gone on without a hint, and tries again what has failed.
func (f *Feeder) poll(ctx context.Context) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var known []ports.Position // kept, since it is as long as there are feeds
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if known = f.appendKnown(known[:0]); len(known) > 0 {
			f.lookAhead(ctx, known)
			f.enqueueAll()
		}
	}
}

// lookAhead asks which feeds have gone on.
func (f *Feeder) lookAhead(ctx context.Context, known []ports.Position) {
	bounded, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	ahead, err := f.feeds.Ahead(bounded, known)
	f.report(ctx, err)
	for _, end := range ahead {
		f.Hint(end.UserID, end.Seq)
	}
}

// appendKnown appends how far each followed feed reaches, as far as is known.
func (f *Feeder) appendKnown(known []ports.Position) []ports.Position {
	f.mu.Lock()
	defer f.mu.Unlock()
	for user, feed := range f.users {
		known = append(known, ports.Position{UserID: user, Seq: feed.end})
	}
	return known
}

func (f *Feeder) enqueueAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, feed := range f.users {
		f.enqueue(feed)
	}
}

// report logs when the database stops answering, and when it answers again.
func (f *Feeder) report(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	changed := f.failing != (err != nil)
	f.failing = err != nil
	f.mu.Unlock()
	switch {
	case changed && err != nil:
		f.log.WarnContext(ctx, "notifications cannot be read; trying again every second", "error", err)
	case changed:
		f.log.InfoContext(ctx, "notifications can be read again")
	}
}
