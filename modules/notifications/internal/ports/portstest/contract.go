// Package portstest is the contract of the ports: what every implementation must do.
package portstest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/uow"
)

// Feeds is the contract of ports.Feeds, of an implementation that is empty yet.
func Feeds(t *testing.T, work uow.UnitOfWork, feeds ports.Feeds) {
	b := bundle{work, feeds}
	t.Run("what is appended is numbered and kept", b.appended)
	t.Run("a feed is one user's alone", b.separate)
	t.Run("what is rolled back leaves no gap", b.rolledBack)
	t.Run("a great many are appended at once", b.many)
	t.Run("a walk sees every notification once, both ways", b.walked)
	t.Run("what is read is not listed as unread", b.read)
	t.Run("marking up to a number takes the oldest first", b.markedUpTo)
	t.Run("many positions are read on at once", b.after)
	t.Run("only feeds that are ahead are told", b.ahead)
	t.Run("what is old is purged from the beginning", b.purged)
}

type bundle struct {
	work  uow.UnitOfWork
	feeds ports.Feeds
}

func notice(user ids.ID) domain.Notification {
	data := domain.TaskData{TaskID: ids.New(), Title: `Dig "deep" & <wide> ☃`, Project: "Garden", By: "Ann"}
	return domain.New(ids.New(), domain.Notice{To: user, Type: domain.TaskAssigned, Data: data, At: clock.System()})
}

func (b bundle) append(t *testing.T, fresh ...domain.Notification) []ports.Position {
	t.Helper()
	var ends []ports.Position
	require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) (err error) {
		ends, err = b.feeds.Append(ctx, fresh)
		return err
	}))
	return ends
}

// tell appends n notifications, each in a unit of work of its own.
func (b bundle) tell(t *testing.T, user ids.ID, n int) []domain.Notification {
	t.Helper()
	told := make([]domain.Notification, n)
	for i := range told {
		told[i] = notice(user)
		b.append(t, told[i:i+1]...)
	}
	return told
}

func (b bundle) list(t *testing.T, filter ports.Filter, request page.Request) page.Page[domain.Notification] {
	t.Helper()
	p, err := b.feeds.List(t.Context(), filter, request)
	require.NoError(t, err)
	return p
}

func seqs(all []domain.Notification) []int64 {
	found := make([]int64, len(all))
	for i, n := range all {
		found[i] = n.Seq
	}
	return found
}

func (b bundle) appended(t *testing.T) {
	user := ids.New()
	extent, err := b.feeds.Extent(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, domain.Extent{FirstKept: 1, LastSeq: 0}, extent)

	fresh := []domain.Notification{notice(user), notice(user), notice(user)}
	require.Equal(t, []ports.Position{{UserID: user, Seq: 3}}, b.append(t, fresh...))
	require.Equal(t, []int64{1, 2, 3}, seqs(fresh))

	listed := b.list(t, ports.Filter{UserID: user, After: new(int64(0))}, page.Request{Limit: 10})
	require.Nil(t, listed.Next)
	require.Len(t, listed.Items, 3)
	for i, n := range listed.Items {
		require.Equal(t, fresh[i], n)
		require.True(t, json.Valid(n.Data))
	}
	extent, err = b.feeds.Extent(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, domain.Extent{FirstKept: 1, LastSeq: 3}, extent)
}

func (b bundle) separate(t *testing.T) {
	ann, bob := ids.New(), ids.New()
	fresh := []domain.Notification{notice(ann), notice(bob), notice(ann)}
	ends := b.append(t, fresh...)
	require.ElementsMatch(t, []ports.Position{{UserID: ann, Seq: 2}, {UserID: bob, Seq: 1}}, ends)
	require.Equal(t, []int64{1, 1, 2}, seqs(fresh))

	require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) error {
		_, err := b.feeds.MarkRead(ctx, bob, fresh[0].ID, clock.System())
		require.ErrorIs(t, err, domain.ErrNotFound)
		marked, err := b.feeds.MarkReadUpTo(ctx, bob, 100, clock.System(), 100)
		require.Equal(t, 1, marked)
		return err
	}))
	require.Len(t, b.list(t, ports.Filter{UserID: ann, Unread: true}, page.Request{Limit: 10}).Items, 2)
	require.Empty(t, b.list(t, ports.Filter{UserID: ids.New()}, page.Request{Limit: 10}).Items)
}

func (b bundle) rolledBack(t *testing.T) {
	user, boom := ids.New(), fmt.Errorf("boom")
	b.tell(t, user, 2)
	require.ErrorIs(t, b.work.Do(t.Context(), func(ctx context.Context) error {
		_, err := b.feeds.Append(ctx, []domain.Notification{notice(user)})
		require.NoError(t, err)
		return boom
	}), boom)
	b.tell(t, user, 1)
	require.Equal(t, []int64{3, 2, 1}, seqs(b.list(t, ports.Filter{UserID: user}, page.Request{Limit: 10}).Items))
}

func (b bundle) many(t *testing.T) {
	users := make([]ids.ID, 1300)
	var fresh []domain.Notification
	for i := range users {
		users[i] = ids.New()
		fresh = append(fresh, notice(users[i]), notice(users[i]))
	}
	ends := b.append(t, fresh...)
	require.Len(t, ends, len(users))
	for _, end := range ends {
		require.EqualValues(t, 2, end.Seq)
	}
	ahead, err := b.feeds.Ahead(t.Context(), []ports.Position{{UserID: users[0], Seq: 0}, {UserID: users[1299], Seq: 2}})
	require.NoError(t, err)
	require.Equal(t, []ports.Position{{UserID: users[0], Seq: 2}}, ahead)
}

func (b bundle) walked(t *testing.T) {
	user := ids.New()
	b.tell(t, user, 25)
	b.tell(t, ids.New(), 3)
	for _, c := range []struct {
		after *int64
		want  []int64
	}{
		{nil, numbers(25, 1)},
		{new(int64(0)), numbers(1, 25)},
		{new(int64(20)), numbers(21, 25)},
		{new(int64(25)), []int64{}},
	} {
		for _, limit := range []int{1, 4, 5, 25, 100} {
			seen := []int64{}
			request := page.Request{Limit: limit}
			for {
				p := b.list(t, ports.Filter{UserID: user, After: c.after}, request)
				require.LessOrEqual(t, len(p.Items), limit)
				seen = append(seen, seqs(p.Items)...)
				if p.Next == nil {
					break
				}
				request.After = p.Next
			}
			require.Equal(t, c.want, seen, "limit %d", limit)
		}
	}
	_, err := b.feeds.List(t.Context(), ports.Filter{UserID: user}, page.Request{Limit: 1, After: &page.Position{}})
	require.ErrorIs(t, err, page.ErrCursorMismatch)
	_, err = b.feeds.List(t.Context(), ports.Filter{UserID: user}, page.Request{
		Limit: 1, After: &page.Position{Value: new("not a number")},
	})
	require.ErrorIs(t, err, page.ErrCursorMismatch)
}

// numbers counts from first to last, up or down.
func numbers(first, last int64) []int64 {
	var all []int64
	for n := min(first, last); n <= max(first, last); n++ {
		all = append(all, n)
	}
	if first > last {
		slices.Reverse(all)
	}
	return all
}

func (b bundle) read(t *testing.T) {
	user := ids.New()
	told := b.tell(t, user, 3)
	first := clock.System()
	for _, at := range []time.Time{first, first.Add(time.Hour)} {
		require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) error {
			n, err := b.feeds.MarkRead(ctx, user, told[1].ID, at)
			require.Equal(t, first, *n.ReadAt, "the first time stays")
			require.Equal(t, told[1].ID, n.ID)
			require.EqualValues(t, 2, n.Seq)
			return err
		}))
	}
	unread := b.list(t, ports.Filter{UserID: user, Unread: true}, page.Request{Limit: 10})
	require.Equal(t, []int64{3, 1}, seqs(unread.Items))
	require.Equal(t, []int64{3}, seqs(b.list(t,
		ports.Filter{UserID: user, Unread: true, After: new(int64(1))}, page.Request{Limit: 10}).Items))
	require.Len(t, b.list(t, ports.Filter{UserID: user}, page.Request{Limit: 10}).Items, 3)

	require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) error {
		_, err := b.feeds.MarkRead(ctx, user, ids.New(), first)
		require.ErrorIs(t, err, domain.ErrNotFound)
		return nil
	}))
}

func (b bundle) markedUpTo(t *testing.T) {
	user, at := ids.New(), clock.System()
	b.tell(t, user, 10)
	mark := func(upTo int64, limit int) (marked int) {
		require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) (err error) {
			marked, err = b.feeds.MarkReadUpTo(ctx, user, upTo, at, limit)
			return err
		}))
		return marked
	}
	unread := func() []int64 {
		filter := ports.Filter{UserID: user, Unread: true, After: new(int64(0))}
		return seqs(b.list(t, filter, page.Request{Limit: 10}).Items)
	}
	require.Equal(t, 3, mark(7, 3))
	require.Equal(t, numbers(4, 10), unread())
	require.Equal(t, 4, mark(7, 100))
	require.Equal(t, numbers(8, 10), unread())
	require.Equal(t, 0, mark(7, 100))
	require.Equal(t, 3, mark(1000, 100))
	require.Empty(t, unread())
}

func (b bundle) after(t *testing.T) {
	ann, bob := ids.New(), ids.New()
	b.tell(t, ann, 12)
	b.tell(t, bob, 2)
	positions := []ports.Position{
		{UserID: ann, Seq: 0},
		{UserID: ann, Seq: 10},
		{UserID: ann, Seq: 12},
		{UserID: bob, Seq: 0},
		{UserID: ids.New(), Seq: 0},
	}
	found, err := b.feeds.After(t.Context(), positions, 5)
	require.NoError(t, err)
	require.Equal(t, numbers(1, 5), seqs(found[positions[0]]))
	require.Equal(t, numbers(11, 12), seqs(found[positions[1]]))
	require.Empty(t, found[positions[2]])
	require.Equal(t, numbers(1, 2), seqs(found[positions[3]]))
	require.Len(t, found, 3)
	listed := b.list(t, ports.Filter{UserID: bob, After: new(int64(0))}, page.Request{Limit: 10})
	require.Equal(t, listed.Items, found[positions[3]])
}

func (b bundle) ahead(t *testing.T) {
	ann, bob, eve := ids.New(), ids.New(), ids.New()
	b.tell(t, ann, 3)
	b.tell(t, bob, 2)
	ahead, err := b.feeds.Ahead(t.Context(), []ports.Position{
		{UserID: ann, Seq: 1}, {UserID: bob, Seq: 2}, {UserID: eve, Seq: 0},
	})
	require.NoError(t, err)
	require.Equal(t, []ports.Position{{UserID: ann, Seq: 3}}, ahead)
}

func (b bundle) purged(t *testing.T) {
	ann, bob, eve := ids.New(), ids.New(), ids.New()
	now := clock.System()
	at := func(user ids.ID, ages ...int) {
		for _, age := range ages {
			n := notice(user)
			n.CreatedAt = now.Add(-time.Duration(age) * time.Hour)
			b.append(t, n)
		}
	}
	at(ann, 9, 8, 7, 2, 1)
	at(bob, 1, 9, 1) // clocks differ: what came before something old goes with it
	at(eve, 9)
	purge := func(limit int) (purged int) {
		t.Helper()
		require.NoError(t, b.work.Do(t.Context(), func(ctx context.Context) (err error) {
			purged, err = b.feeds.Purge(ctx, now.Add(-5*time.Hour), limit)
			return err
		}))
		return purged
	}
	extent := func(user ids.ID) domain.Extent {
		t.Helper()
		e, err := b.feeds.Extent(t.Context(), user)
		require.NoError(t, err)
		return e
	}
	require.Equal(t, 4, purge(3), "the three that are 9 hours old, and what came before one of them")
	require.Equal(t, domain.Extent{FirstKept: 2, LastSeq: 5}, extent(ann))
	require.Equal(t, domain.Extent{FirstKept: 3, LastSeq: 3}, extent(bob))
	require.Equal(t, domain.Extent{FirstKept: 2, LastSeq: 1}, extent(eve))
	require.Equal(t, 2, purge(3))
	require.Zero(t, purge(3))
	require.Equal(t, domain.Extent{FirstKept: 4, LastSeq: 5}, extent(ann))
	require.Equal(t, []int64{5, 4}, seqs(b.list(t, ports.Filter{UserID: ann}, page.Request{Limit: 10}).Items))
	b.tell(t, eve, 1)
	require.Equal(t, domain.Extent{FirstKept: 2, LastSeq: 2}, extent(eve))
}
