package feeder

import (
	"context"
	"slices"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
)

// turn is a feed in the hands of a reader, and whom of its followers it serves this time.
type turn struct {
	feed   *feed
	end    int64
	served []place
}

// place is where a follower stands while it is served.
type place struct {
	follower *Follower
	at       ports.Position
}

// read serves the queue until the feeder stops.
func (f *Feeder) read(ctx context.Context) {
	for {
		turns := f.take()
		if turns == nil {
			return
		}
		found, err := f.readOn(ctx, turns)
		f.report(ctx, err)
		for _, t := range turns {
			f.giveBack(t.feed, err == nil && f.deliver(ctx, t, found))
		}
	}
}

// take waits for feeds in the queue. It returns nil when the feeder has stopped.
func (f *Feeder) take() []turn {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && !f.stopped {
		f.waiting.Wait()
	}
	if f.stopped {
		return nil
	}
	n := min(len(f.queue), feedsAtOnce)
	turns := make([]turn, n)
	for i, feed := range f.queue[:n] {
		feed.queued, feed.reading, feed.again = false, true, false
		turns[i] = turn{feed: feed, end: feed.end}
		for _, w := range feed.followers {
			if w.hungry() {
				turns[i].served = append(turns[i].served, place{w, ports.Position{UserID: feed.userID, Seq: w.at}})
			}
		}
	}
	f.queue = slices.Delete(f.queue, 0, n)
	return turns
}

// readOn reads what follows behind each place, by one statement. Followers at the same place share what is read.
func (f *Feeder) readOn(ctx context.Context, turns []turn) (map[ports.Position][]domain.Notification, error) {
	var from []ports.Position
	for _, t := range turns {
		mine := len(from)
		for _, p := range t.served {
			if !slices.Contains(from[mine:], p.at) {
				from = append(from, p.at)
			}
		}
	}
	if len(from) == 0 {
		return nil, nil //nolint:nilnil // nothing is asked for, nothing is found
	}
	bounded, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	return f.feeds.After(bounded, from, Window)
}

// deliver hands each follower what was found behind its place. It reports whether all is as it should be; if not, the
// feed rests until the next hint or poll.
func (f *Feeder) deliver(ctx context.Context, t turn, found map[ports.Position][]domain.Notification) bool {
	fine := true
	for _, p := range t.served {
		next := found[p.at]
		if len(next) == 0 || next[0].Seq != p.at.Seq+1 {
			fine = f.examine(ctx, t, p) && fine
			continue
		}
		next = next[:min(len(next), p.follower.sink.Room())]
		if len(next) == 0 {
			continue
		}
		p.follower.move(next[len(next)-1].Seq)
		p.follower.sink.Deliver(next)
	}
	return fine
}

// examine finds out why nothing follows behind a place although the feed is said to go on: it is no longer kept, or
// the hint was ahead of what this database shows.
func (f *Feeder) examine(ctx context.Context, t turn, p place) bool {
	bounded, cancel := context.WithTimeout(ctx, f.limit)
	defer cancel()
	extent, err := f.feeds.Extent(bounded, p.at.UserID)
	if err != nil {
		return false
	}
	lost := extent.CheckAfter(p.at.Seq) != nil
	if lost {
		p.follower.move(extent.LastSeq)
		p.follower.sink.Lose()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if t.feed.end == t.end {
		t.feed.end = extent.LastSeq
	}
	return lost
}

// giveBack ends the turn of a feed.
func (f *Feeder) giveBack(feed *feed, fine bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	feed.reading = false
	if fine || feed.again {
		f.enqueue(feed)
	}
}

// move sets the place of a follower.
func (w *Follower) move(to int64) {
	w.feeder.mu.Lock()
	defer w.feeder.mu.Unlock()
	w.at = to
}
