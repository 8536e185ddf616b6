package feeder

import (
	"slices"

	"fasttrack/shared/ids"
)

// feed is a user's feed that somebody follows. Everything in it is guarded by Feeder.mu.
type feed struct {
	userID    ids.ID
	end       int64 // the greatest number that it is known to have
	followers []*Follower
	queued    bool
	reading   bool // a reader has it; only that reader moves its followers
	again     bool // something happened meanwhile
}

// Follower is one recipient of a feed, such as a socket. It is made by [Feeder.Join].
type Follower struct {
	feeder  *Feeder
	feed    *feed
	sink    Sink
	started bool
	at      int64 // the number that was delivered last
}

// Join makes a follower of the user's feed, which gets nothing until [Follower.Start]. Hints are noted from now on: read
// the end of the feed after Join and before Start, and no notification is missed in between.
func (f *Feeder) Join(userID ids.ID, sink Sink) *Follower {
	f.mu.Lock()
	defer f.mu.Unlock()
	joined := f.users[userID]
	if joined == nil {
		joined = &feed{userID: userID}
		f.users[userID] = joined
	}
	follower := &Follower{feeder: f, feed: joined, sink: sink}
	joined.followers = append(joined.followers, follower)
	return follower
}

// Start has everything delivered that comes after the number after. end is the greatest number that the caller knows
// the feed to have.
func (w *Follower) Start(after, end int64) {
	f := w.feeder
	f.mu.Lock()
	defer f.mu.Unlock()
	w.started, w.at = true, after
	w.feed.end = max(w.feed.end, end)
	f.enqueue(w.feed)
}

// Continue says that the sink has room again.
func (w *Follower) Continue() {
	f := w.feeder
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enqueue(w.feed)
}

// At returns the number of the last notification that was delivered, or after which it started.
func (w *Follower) At() int64 {
	w.feeder.mu.Lock()
	defer w.feeder.mu.Unlock()
	return w.at
}

// Leave ends the deliveries. One that has begun may still arrive.
func (w *Follower) Leave() {
	f := w.feeder
	f.mu.Lock()
	defer f.mu.Unlock()
	w.started = false
	w.feed.followers = slices.DeleteFunc(w.feed.followers, func(other *Follower) bool { return other == w })
	if len(w.feed.followers) == 0 && f.users[w.feed.userID] == w.feed {
		delete(f.users, w.feed.userID)
	}
}

// hungry reports whether the follower can be given something.
func (w *Follower) hungry() bool {
	return w.started && w.at < w.feed.end && w.sink.Room() > 0
}

// enqueue queues the feed if one of its followers can be given something.
func (f *Feeder) enqueue(feed *feed) {
	switch {
	case feed.reading:
		feed.again = true
	case !feed.queued && slices.ContainsFunc(feed.followers, (*Follower).hungry):
		feed.queued = true
		f.queue = append(f.queue, feed)
		f.waiting.Signal()
	}
}
