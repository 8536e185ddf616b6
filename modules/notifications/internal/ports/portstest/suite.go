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

// Stores is an implementation on a clean database.
type Stores struct {
	Work    uow.UnitOfWork
	Feeds   ports.Feeds
	Tickets ports.Tickets
}

// Run holds the implementation against the contract.
func Run(t *testing.T, stores Stores) {
	for name, test := range map[string]func(suite, *testing.T){
		"what is appended is numbered and kept":          suite.appended,
		"a feed is one user's alone":                     suite.separate,
		"what is rolled back leaves no gap":              suite.rolledBack,
		"a great many are appended at once":              suite.many,
		"a walk sees every notification once, both ways": suite.walked,
		"what is read is not listed as unread":           suite.read,
		"marking up to a number takes the oldest first":  suite.markedUpTo,
		"many positions are read on at once":             suite.after,
		"only feeds that are ahead are told":             suite.ahead,
		"what is old is purged from the beginning":       suite.purged,
		"a ticket is taken once, in its time":            suite.ticketsAreTaken,
		"of many who take a ticket one gets it":          suite.oneTakesATicket,
		"what has expired is swept":                      suite.ticketsAreSwept,
	} {
		t.Run(name, func(t *testing.T) { test(suite{stores}, t) })
	}
}

type suite struct{ Stores }

func notice(user ids.ID) domain.Notification {
	data := domain.TaskData{TaskID: ids.New(), Title: `Dig "deep" & <wide> ☃`, Project: "Garden", By: "Ann"}
	return domain.New(ids.New(), domain.Notice{To: user, Type: domain.TaskAssigned, Data: data, At: clock.System()})
}

func (s suite) append(t *testing.T, fresh ...domain.Notification) []ports.Position {
	t.Helper()
	var ends []ports.Position
	require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) (err error) {
		ends, err = s.Feeds.Append(ctx, fresh)
		return err
	}))
	return ends
}

// tell appends n notifications, each in a unit of work of its own.
func (s suite) tell(t *testing.T, user ids.ID, n int) []domain.Notification {
	t.Helper()
	told := make([]domain.Notification, n)
	for i := range told {
		told[i] = notice(user)
		s.append(t, told[i:i+1]...)
	}
	return told
}

func (s suite) list(t *testing.T, filter ports.Filter, request page.Request) page.Page[domain.Notification] {
	t.Helper()
	p, err := s.Feeds.List(t.Context(), filter, request)
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

func (s suite) appended(t *testing.T) {
	user := ids.New()
	extent, err := s.Feeds.Extent(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, domain.Extent{FirstKept: 1, LastSeq: 0}, extent)

	fresh := []domain.Notification{notice(user), notice(user), notice(user)}
	require.Equal(t, []ports.Position{{UserID: user, Seq: 3}}, s.append(t, fresh...))
	require.Equal(t, []int64{1, 2, 3}, seqs(fresh))

	listed := s.list(t, ports.Filter{UserID: user, After: new(int64(0))}, page.Request{Limit: 10})
	require.Nil(t, listed.Next)
	require.Len(t, listed.Items, 3)
	for i, n := range listed.Items {
		require.Equal(t, fresh[i], n)
		require.True(t, json.Valid(n.Data))
	}
	extent, err = s.Feeds.Extent(t.Context(), user)
	require.NoError(t, err)
	require.Equal(t, domain.Extent{FirstKept: 1, LastSeq: 3}, extent)
}

func (s suite) separate(t *testing.T) {
	ann, bob := ids.New(), ids.New()
	fresh := []domain.Notification{notice(ann), notice(bob), notice(ann)}
	ends := s.append(t, fresh...)
	require.ElementsMatch(t, []ports.Position{{UserID: ann, Seq: 2}, {UserID: bob, Seq: 1}}, ends)
	require.Equal(t, []int64{1, 1, 2}, seqs(fresh))

	require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Feeds.MarkRead(ctx, bob, fresh[0].ID, clock.System())
		require.ErrorIs(t, err, domain.ErrNotFound)
		marked, err := s.Feeds.MarkReadUpTo(ctx, bob, 100, clock.System(), 100)
		require.Equal(t, 1, marked)
		return err
	}))
	require.Len(t, s.list(t, ports.Filter{UserID: ann, Unread: true}, page.Request{Limit: 10}).Items, 2)
	require.Empty(t, s.list(t, ports.Filter{UserID: ids.New()}, page.Request{Limit: 10}).Items)
}

func (s suite) rolledBack(t *testing.T) {
	user, boom := ids.New(), fmt.Errorf("boom")
	s.tell(t, user, 2)
	require.ErrorIs(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Feeds.Append(ctx, []domain.Notification{notice(user)})
		require.NoError(t, err)
		return boom
	}), boom)
	s.tell(t, user, 1)
	require.Equal(t, []int64{3, 2, 1}, seqs(s.list(t, ports.Filter{UserID: user}, page.Request{Limit: 10}).Items))
}

func (s suite) many(t *testing.T) {
	users := make([]ids.ID, 1300)
	var fresh []domain.Notification
	for i := range users {
		users[i] = ids.New()
		fresh = append(fresh, notice(users[i]), notice(users[i]))
	}
	ends := s.append(t, fresh...)
	require.Len(t, ends, len(users))
	for _, end := range ends {
		require.EqualValues(t, 2, end.Seq)
	}
	ahead, err := s.Feeds.Ahead(t.Context(), []ports.Position{{UserID: users[0], Seq: 0}, {UserID: users[1299], Seq: 2}})
	require.NoError(t, err)
	require.Equal(t, []ports.Position{{UserID: users[0], Seq: 2}}, ahead)
}

func (s suite) walked(t *testing.T) {
	user := ids.New()
	s.tell(t, user, 25)
	s.tell(t, ids.New(), 3)
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
				p := s.list(t, ports.Filter{UserID: user, After: c.after}, request)
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
	_, err := s.Feeds.List(t.Context(), ports.Filter{UserID: user}, page.Request{Limit: 1, After: &page.Position{}})
	require.ErrorIs(t, err, page.ErrCursorMismatch)
	_, err = s.Feeds.List(t.Context(), ports.Filter{UserID: user}, page.Request{
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

func (s suite) read(t *testing.T) {
	user := ids.New()
	told := s.tell(t, user, 3)
	first := clock.System()
	for _, at := range []time.Time{first, first.Add(time.Hour)} {
		require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
			n, err := s.Feeds.MarkRead(ctx, user, told[1].ID, at)
			require.Equal(t, first, *n.ReadAt, "the first time stays")
			require.Equal(t, told[1].ID, n.ID)
			require.EqualValues(t, 2, n.Seq)
			return err
		}))
	}
	unread := s.list(t, ports.Filter{UserID: user, Unread: true}, page.Request{Limit: 10})
	require.Equal(t, []int64{3, 1}, seqs(unread.Items))
	require.Equal(t, []int64{3}, seqs(s.list(t,
		ports.Filter{UserID: user, Unread: true, After: new(int64(1))}, page.Request{Limit: 10}).Items))
	require.Len(t, s.list(t, ports.Filter{UserID: user}, page.Request{Limit: 10}).Items, 3)

	require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Feeds.MarkRead(ctx, user, ids.New(), first)
		require.ErrorIs(t, err, domain.ErrNotFound)
		return nil
	}))
}

func (s suite) markedUpTo(t *testing.T) {
	user, at := ids.New(), clock.System()
	s.tell(t, user, 10)
	mark := func(upTo int64, limit int) (marked int) {
		require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) (err error) {
			marked, err = s.Feeds.MarkReadUpTo(ctx, user, upTo, at, limit)
			return err
		}))
		return marked
	}
	unread := func() []int64 {
		filter := ports.Filter{UserID: user, Unread: true, After: new(int64(0))}
		return seqs(s.list(t, filter, page.Request{Limit: 10}).Items)
	}
	require.Equal(t, 3, mark(7, 3))
	require.Equal(t, numbers(4, 10), unread())
	require.Equal(t, 4, mark(7, 100))
	require.Equal(t, numbers(8, 10), unread())
	require.Equal(t, 0, mark(7, 100))
	require.Equal(t, 3, mark(1000, 100))
	require.Empty(t, unread())
}

func (s suite) after(t *testing.T) {
	ann, bob := ids.New(), ids.New()
	s.tell(t, ann, 12)
	s.tell(t, bob, 2)
	positions := []ports.Position{
		{UserID: ann, Seq: 0},
		{UserID: ann, Seq: 10},
		{UserID: ann, Seq: 12},
		{UserID: bob, Seq: 0},
		{UserID: ids.New(), Seq: 0},
	}
	found, err := s.Feeds.After(t.Context(), positions, 5)
	require.NoError(t, err)
	require.Equal(t, numbers(1, 5), seqs(found[positions[0]]))
	require.Equal(t, numbers(11, 12), seqs(found[positions[1]]))
	require.Empty(t, found[positions[2]])
	require.Equal(t, numbers(1, 2), seqs(found[positions[3]]))
	require.Len(t, found, 3)
	listed := s.list(t, ports.Filter{UserID: bob, After: new(int64(0))}, page.Request{Limit: 10})
	require.Equal(t, listed.Items, found[positions[3]])
}

func (s suite) ahead(t *testing.T) {
	ann, bob, eve := ids.New(), ids.New(), ids.New()
	s.tell(t, ann, 3)
	s.tell(t, bob, 2)
	ahead, err := s.Feeds.Ahead(t.Context(), []ports.Position{
		{UserID: ann, Seq: 1}, {UserID: bob, Seq: 2}, {UserID: eve, Seq: 0},
	})
	require.NoError(t, err)
	require.Equal(t, []ports.Position{{UserID: ann, Seq: 3}}, ahead)
}

func (s suite) purged(t *testing.T) {
	ann, bob, eve := ids.New(), ids.New(), ids.New()
	now := clock.System()
	at := func(user ids.ID, ages ...int) {
		for _, age := range ages {
			n := notice(user)
			n.CreatedAt = now.Add(-time.Duration(age) * time.Hour)
			s.append(t, n)
		}
	}
	at(ann, 9, 8, 7, 2, 1)
	at(bob, 1, 9, 1) // clocks differ: what came before something old goes with it
	at(eve, 9)
	purge := func(limit int) (purged int) {
		t.Helper()
		require.NoError(t, s.Work.Do(t.Context(), func(ctx context.Context) (err error) {
			purged, err = s.Feeds.Purge(ctx, now.Add(-5*time.Hour), limit)
			return err
		}))
		return purged
	}
	extent := func(user ids.ID) domain.Extent {
		t.Helper()
		e, err := s.Feeds.Extent(t.Context(), user)
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
	require.Equal(t, []int64{5, 4}, seqs(s.list(t, ports.Filter{UserID: ann}, page.Request{Limit: 10}).Items))
	s.tell(t, eve, 1)
	require.Equal(t, domain.Extent{FirstKept: 2, LastSeq: 2}, extent(eve))
}
