package application

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/broadcast"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/uow"
)

// The pace of a [Watch]. What another node commits is known here at once if its hint comes, and after pollEvery and the
// time of one poll otherwise; memory that might be older than trustFor is not used. Together they keep the promise that
// a session which ended anywhere is dead everywhere within a second.
const (
	pollEvery = 300 * time.Millisecond
	trustFor  = 900 * time.Millisecond
	pollBatch = 1000
)

// How long changes are kept. In memory: as long as a token can live, plus a margin for transactions that read the
// user before the change and issued their token after it. In the table: much longer, for nodes whose clock is slow.
const (
	keepMargin = time.Minute
	pruneAfter = time.Hour
	sweepEvery = time.Minute
)

// topic is that of the hints between nodes: that the list of changes has reached a number.
const topic = "identity.access_changes"

// Watch knows which access tokens are invalid before they expire. It records the changes that this node makes,
// follows those of the other nodes, and reports sessions that ended.
type Watch struct {
	changes ports.AccessChanges
	work    uow.UnitOfWork
	nodes   broadcast.Broadcaster
	log     *slog.Logger
	keep    time.Duration
	memory  *memory
	hinted  chan struct{} // holds a token while another node is known to be ahead

	listeners []func(auth.Revocation)
}

var _ auth.Revocations = (*Watch)(nil)

// NewWatch returns a watch over tokens that live for accessTTL; elapsed is a monotonic clock. It follows once it runs.
func NewWatch(
	changes ports.AccessChanges, work uow.UnitOfWork, accessTTL time.Duration,
	now clock.Clock, elapsed func() time.Duration, nodes broadcast.Broadcaster, log *slog.Logger,
) *Watch {
	w := &Watch{
		changes: changes, work: work, nodes: nodes, log: log,
		keep: accessTTL + keepMargin, memory: newMemory(now, elapsed), hinted: make(chan struct{}, 1),
	}
	nodes.Subscribe(topic, w.hint)
	return w
}

// hint has the changes followed at once if another node is ahead.
func (w *Watch) hint(h broadcast.Hint) {
	if h.Number <= w.memory.position() {
		return
	}
	select {
	case w.hinted <- struct{}{}:
	default:
	}
}

// Record adds what a unit of work did to sessions and users to the list of access changes. It runs last in the unit,
// right before the commit, because it takes a lock that is held until the commit. This node knows the changes when
// the unit returns.
func (w *Watch) Record(ctx context.Context, batch []eventbus.Event) error {
	var changes []domain.AccessChange
	for _, event := range batch {
		switch e := event.(type) {
		case events.SessionEnded:
			changes = append(changes, domain.AccessChange{SessionID: e.SessionID, UserID: e.UserID})
		case events.UserChanged:
			if e.AccessChanged {
				changes = append(changes, domain.AccessChange{UserID: e.UserID, Role: auth.Role(e.Role), IsActive: e.IsActive})
			}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	changes, err := w.changes.Append(ctx, changes, w.keep)
	if err != nil {
		return err
	}
	uow.OnCommit(ctx, func() {
		w.memory.learn(changes)
		w.nodes.Publish(broadcast.Hint{Topic: topic, Number: changes[len(changes)-1].Seq})
	})
	return nil
}

// OnRevoked implements auth.Revocations. Listeners are called while the watch runs.
func (w *Watch) OnRevoked(listener func(auth.Revocation)) {
	w.listeners = append(w.listeners, listener)
}

// Run follows the changes of all nodes until ctx is done. The first poll reads every change that can still matter.
// Until that is done, and whenever the database cannot be read in time, memory is not used.
func (w *Watch) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { w.follow(ctx) })
	running.Go(func() { w.tell(ctx) })
	running.Go(func() { w.sweep(ctx) })
	running.Wait()
	return nil
}

func (w *Watch) follow(ctx context.Context) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	failing := false
	for {
		err := w.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			w.log.WarnContext(ctx, "cannot follow ended sessions; each request asks the database instead", "error", err)
		case err == nil && failing:
			w.log.InfoContext(ctx, "following ended sessions again")
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-w.hinted:
		case <-ctx.Done():
			return
		}
	}
}

// poll learns of everything that was committed before it began.
func (w *Watch) poll(ctx context.Context) error {
	began := w.memory.elapsed()
	ctx, cancel := context.WithTimeout(ctx, trustFor) // a later answer is too old to be used
	defer cancel()
	for {
		changes, err := w.changes.After(ctx, w.memory.position(), pollBatch)
		if err != nil {
			return fmt.Errorf("read access changes: %w", err)
		}
		w.memory.follow(changes)
		if len(changes) < pollBatch {
			w.memory.completeAsOf(began)
			return nil
		}
	}
}

// tell calls the listeners, on one goroutine.
func (w *Watch) tell(ctx context.Context) {
	for {
		select {
		case <-w.memory.news:
			for _, r := range w.memory.takeRevocations() {
				for _, listener := range w.listeners {
					listener(r)
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// sweep removes changes that cannot matter any more from memory and from the table.
func (w *Watch) sweep(ctx context.Context) {
	for {
		select {
		case <-time.After(sweepEvery + rand.N(sweepEvery)): //nolint:gosec // so that nodes take turns
		case <-ctx.Done():
			return
		}
		w.memory.forgetExpired()
		err := inLots(ctx, w.work, func(ctx context.Context, limit int) (int, error) {
			return w.changes.Prune(ctx, pruneAfter, limit)
		})
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "prune access changes", "error", err)
		}
	}
}
