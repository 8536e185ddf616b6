package feeder_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/notifications/internal/adapters/gormstore"
	"fasttrack/modules/notifications/internal/application/feeder"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

const patience = 20 * time.Second

// bundle is a feeder that runs on a real store.
type bundle struct {
	*feeder.Feeder
	t     *testing.T
	db    *database.DB
	feeds *interruptible
	end   func()
}

// interruptible is a store whose database can be away.
type interruptible struct {
	ports.Feeds
	away  atomic.Bool
	mute  atomic.Bool // it is asked, and does not answer
	asked atomic.Int64
}

var errAway = errs.New(errs.Unavailable, errs.CodeUnavailable, "away")

func (i *interruptible) After(
	ctx context.Context, positions []ports.Position, limit int,
) (map[ports.Position][]domain.Notification, error) {
	i.asked.Add(1)
	if err := i.trouble(ctx); err != nil {
		return nil, err
	}
	return i.Feeds.After(ctx, positions, limit)
}

func (i *interruptible) Ahead(ctx context.Context, known []ports.Position) ([]ports.Position, error) {
	if err := i.trouble(ctx); err != nil {
		return nil, err
	}
	return i.Feeds.Ahead(ctx, known)
}

func (i *interruptible) trouble(ctx context.Context) error {
	switch {
	case i.away.Load():
		return errAway
	case i.mute.Load():
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func start(t *testing.T, db *database.DB, options ...func(*feeder.Feeder)) *bundle {
	t.Helper()
	feeds := &interruptible{Feeds: gormstore.New(db)}
	b := &bundle{feeder.New(feeds, slog.New(slog.DiscardHandler)), t, db, feeds, nil}
	for _, option := range options {
		option(b.Feeder)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	b.end = func() { cancel(); <-ended }
	t.Cleanup(b.end)
	return b
}

// tell appends n notifications at once, and hints at them.
func (b *bundle) tell(user ids.ID, n int) {
	b.t.Helper()
	fresh := make([]domain.Notification, n)
	for i := range fresh {
		fresh[i] = domain.New(ids.New(), domain.Notice{
			To: user, Type: domain.SessionRevoked, Data: domain.SessionData{SessionID: ids.New()}, At: clock.System(),
		})
	}
	var ends []ports.Position
	require.NoError(b.t, b.db.Do(b.t.Context(), func(ctx context.Context) (err error) {
		ends, err = b.feeds.Append(ctx, fresh)
		return err
	}))
	b.Hint(user, ends[0].Seq)
}

// sink takes at most room notifications, and more when somebody makes room.
type sink struct {
	t    *testing.T
	mu   sync.Mutex
	room int
	got  []int64
	lost int
	news chan struct{}
}

func newSink(t *testing.T, room int) *sink {
	return &sink{t: t, room: room, news: make(chan struct{}, 1)}
}

func (s *sink) Room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.room
}

func (s *sink) Deliver(next []domain.Notification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(next) == 0 || len(next) > s.room || len(next) > feeder.Window {
		s.t.Errorf("%d delivered where there is room for %d", len(next), s.room)
	}
	s.room -= len(next)
	for _, n := range next {
		s.got = append(s.got, n.Seq)
	}
	s.wake()
}

func (s *sink) Lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost++
	s.wake()
}

func (s *sink) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// waitFor waits until the sink has got so many, making room by step whenever it got some.
func (s *sink) waitFor(w *feeder.Follower, n, step int) []int64 {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		got := append([]int64(nil), s.got...)
		s.room += step
		s.mu.Unlock()
		w.Continue()
		if len(got) >= n {
			return got
		}
		select {
		case <-s.news:
		case <-deadline:
			s.t.Fatalf("%d of %d delivered", len(got), n)
		}
	}
}

func upTo(first, last int64) (all []int64) {
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

func TestAFollowerIsHandedWhatItHasRoomFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		b, user := start(t, db), ids.New()
		b.tell(user, 100)
		for _, step := range []int{1, 3, 8, 50} {
			after := rand.Int64N(90)
			s := newSink(t, 0)
			w := b.Join(user, s)
			w.Start(after, 100)
			require.Equal(t, upTo(after+1, 100), s.waitFor(w, int(100-after), step))
			require.EqualValues(t, 100, w.At())
			w.Leave()
		}
		require.Zero(t, b.Following())
	})
}

// The rule: somebody far back or without room costs those at the end of the feed nothing.
func TestFollowersOfOneFeedDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	b, user := start(t, dbtest.SQLite(t)), ids.New()
	b.tell(user, 500)
	full, back, live := newSink(t, 0), newSink(t, 8), newSink(t, 8)
	b.Join(user, full).Start(0, 500)
	far := b.Join(user, back)
	far.Start(0, 500)
	w := b.Join(user, live)
	w.Start(500, 500)
	b.tell(user, 1)
	require.Equal(t, []int64{501}, live.waitFor(w, 1, 8))
	require.Equal(t, upTo(1, 501), back.waitFor(far, 501, 8))
	require.Empty(t, full.got)
}

// The rule: hints that come between joining and starting count.
func TestNothingIsMissedBetweenJoiningAndStarting(t *testing.T) {
	t.Parallel()
	b, user := start(t, dbtest.SQLite(t)), ids.New()
	s := newSink(t, 100)
	w := b.Join(user, s)
	b.tell(user, 3)
	w.Start(0, 0) // what was known before they were told
	require.Equal(t, upTo(1, 3), s.waitFor(w, 3, 0))
}

// The rule: while the database is away nothing is asked in a hurry, and nothing is lost.
func TestTheFeederGetsOverAnOutage(t *testing.T) {
	t.Parallel()
	b, user := start(t, dbtest.SQLite(t)), ids.New()
	s := newSink(t, 100)
	w := b.Join(user, s)
	w.Start(0, 0)
	b.feeds.away.Store(true)
	b.tell(user, 5)
	require.Eventually(t, func() bool { return b.feeds.asked.Load() >= 2 }, patience, time.Millisecond)
	require.Less(t, b.feeds.asked.Load(), int64(10))
	b.feeds.away.Store(false)
	require.Equal(t, upTo(1, 5), s.waitFor(w, 5, 0))
}

// The rule: a database that takes a question and never answers is asked anew, and nothing is lost.
func TestTheFeederGetsOverADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	b := start(t, dbtest.SQLite(t), func(f *feeder.Feeder) { f.AnswerIn(100 * time.Millisecond) })
	user := ids.New()
	s := newSink(t, 100)
	w := b.Join(user, s)
	w.Start(0, 0)
	b.feeds.mute.Store(true)
	b.tell(user, 5)
	require.Eventually(t, func() bool { return b.feeds.asked.Load() >= 2 }, patience, time.Millisecond)
	b.feeds.mute.Store(false)
	require.Equal(t, upTo(1, 5), s.waitFor(w, 5, 0))
}

func TestWhoFallsOutOfWhatIsKeptGoesOnAtTheEnd(t *testing.T) {
	t.Parallel()
	b, user := start(t, dbtest.SQLite(t)), ids.New()
	b.tell(user, 20)
	s := newSink(t, 100)
	w := b.Join(user, s)
	for _, statement := range []string{
		`DELETE FROM notifications WHERE seq < 10`, `UPDATE notification_streams SET first_kept = 10`,
	} {
		_, err := b.db.SQL().ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	w.Start(3, 20)
	require.Empty(t, s.waitFor(w, 0, 0))
	<-s.news
	require.Equal(t, 1, s.lost)
	b.tell(user, 1)
	require.Equal(t, []int64{21}, s.waitFor(w, 1, 0))
}

// The rule: a hint that is ahead of what the database shows does no harm.
func TestAHintMayBeWrong(t *testing.T) {
	t.Parallel()
	b, user := start(t, dbtest.SQLite(t)), ids.New()
	b.tell(user, 2)
	s := newSink(t, 100)
	w := b.Join(user, s)
	w.Start(0, 2)
	require.Equal(t, upTo(1, 2), s.waitFor(w, 2, 0))
	b.Hint(user, 1_000_000)
	b.Hint(ids.New(), 7) // nobody follows
	b.tell(user, 1)
	require.Equal(t, upTo(1, 3), s.waitFor(w, 3, 0))
	require.Zero(t, s.lost)
	require.Less(t, b.feeds.asked.Load(), int64(20))
}

// The rule: followers that come and go while others write get what they are due, in any order of things.
func TestFollowersComeAndGo(t *testing.T) {
	t.Parallel()
	b := start(t, dbtest.SQLite(t))
	users := []ids.ID{ids.New(), ids.New(), ids.New()}
	var group sync.WaitGroup
	for _, user := range users {
		group.Go(func() {
			for range 40 {
				b.tell(user, 1+rand.IntN(5))
			}
		})
		for range 4 {
			group.Go(func() {
				for range 15 {
					s := newSink(t, rand.IntN(9))
					w := b.Join(user, s)
					extent, err := b.feeds.Extent(context.Background(), user)
					if err != nil {
						t.Error(err)
						return
					}
					after := rand.Int64N(extent.LastSeq + 1)
					w.Start(after, extent.LastSeq)
					got := s.waitFor(w, int(extent.LastSeq-after), 1+rand.IntN(9))
					w.Leave()
					for i, seq := range got {
						if seq != after+int64(i)+1 {
							t.Errorf("%d follows %d", seq, after+int64(i))
							return
						}
					}
				}
			})
		}
	}
	group.Wait()
	require.Zero(t, b.Following())
}
