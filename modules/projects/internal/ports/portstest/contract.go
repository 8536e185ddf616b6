// Package portstest is the contract of the ports: what every implementation must do.
package portstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/uow"
)

// Projects is the contract of ports.Projects, of an implementation that is empty yet.
func Projects(t *testing.T, work uow.UnitOfWork, store ports.Projects) {
	b := bundle{work, store}
	t.Run("what is added is found, by those who may see it", b.found)
	t.Run("a change is kept only if the version grew", b.changed)
	t.Run("an error of the change or the check keeps nothing", b.refused)
	t.Run("a user has one Inbox", b.oneInbox)
	t.Run("counts are exact at any time and survive folding", b.counted)
	t.Run("a walk sees every project once in every order", b.walked)
	t.Run("a list is filtered", b.filtered)
}

type bundle struct {
	work  uow.UnitOfWork
	store ports.Projects
}

func somebody() auth.Principal { return auth.Principal{UserID: ids.New(), Role: auth.RoleUser} }

var admin = auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}

func (b bundle) do(t *testing.T, fn func(ctx context.Context) error) {
	t.Helper()
	require.NoError(t, b.work.Do(t.Context(), fn))
}

func (b bundle) add(t *testing.T, owner auth.Principal, name string, at time.Time) *domain.Project {
	t.Helper()
	draft, err := domain.NewDraft(name, "about "+name)
	require.NoError(t, err)
	p := domain.NewProject(ids.New(), owner.UserID, draft, at)
	b.do(t, func(ctx context.Context) error { return b.store.Add(ctx, p) })
	return p
}

func rename(name string) func(*domain.Project) error {
	return func(p *domain.Project) error {
		c, err := domain.NewChange(&name, nil, nil)
		if err != nil {
			return err
		}
		return p.Apply(c, clock.System())
	}
}

func (b bundle) found(t *testing.T) {
	owner := somebody()
	p := b.add(t, owner, "Garden", clock.System())
	for _, who := range []auth.Principal{owner, admin} {
		got, err := b.store.Find(t.Context(), who, p.State().ID)
		require.NoError(t, err)
		require.Equal(t, p.State(), got.State())
	}
	_, err := b.store.Find(t.Context(), somebody(), p.State().ID)
	require.ErrorIs(t, err, domain.ErrNotFound)
	_, err = b.store.Find(t.Context(), admin, ids.New())
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (b bundle) changed(t *testing.T) {
	owner := somebody()
	id := b.add(t, owner, "Garden", clock.System()).State().ID
	b.do(t, func(ctx context.Context) error {
		_, err := b.store.Update(ctx, owner, id, rename("Park"))
		return err
	})
	p, err := b.store.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, "Park", p.State().Name)
	require.Equal(t, int64(2), p.State().Version)

	b.do(t, func(ctx context.Context) error {
		_, err := b.store.Update(ctx, owner, id, rename("Park"))
		return err
	})
	same, err := b.store.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, p.State(), same.State())
}

func (b bundle) refused(t *testing.T) {
	owner := somebody()
	p := b.add(t, owner, "Garden", clock.System())
	id := p.State().ID
	boom := fmt.Errorf("boom")
	err := b.work.Do(t.Context(), func(ctx context.Context) error {
		_, err := b.store.Update(ctx, owner, id, func(p *domain.Project) error {
			_ = rename("Park")(p)
			return boom
		})
		return err
	})
	require.ErrorIs(t, err, boom)
	err = b.work.Do(t.Context(), func(ctx context.Context) error {
		_, err := b.store.Delete(ctx, owner, id, func(*domain.Project) error { return boom })
		return err
	})
	require.ErrorIs(t, err, boom)
	for _, attempt := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			_, err := b.store.Update(ctx, somebody(), id, rename("Mine"))
			return err
		},
		func(ctx context.Context) error {
			_, err := b.store.Delete(ctx, somebody(), id, func(*domain.Project) error { return nil })
			return err
		},
	} {
		require.ErrorIs(t, b.work.Do(t.Context(), attempt), domain.ErrNotFound)
	}
	got, err := b.store.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, p.State(), got.State())

	b.do(t, func(ctx context.Context) error {
		_, err := b.store.Delete(ctx, owner, id, func(*domain.Project) error { return nil })
		return err
	})
	_, err = b.store.Find(t.Context(), owner, id)
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (b bundle) oneInbox(t *testing.T) {
	owner := ids.New()
	add := func(ctx context.Context) error {
		return b.store.Add(ctx, domain.NewInbox(ids.New(), owner, clock.System()))
	}
	b.do(t, add)
	require.Error(t, b.work.Do(t.Context(), add))
}

func (b bundle) counted(t *testing.T) {
	owner := somebody()
	id := b.add(t, owner, "Garden", clock.System()).State().ID
	other := b.add(t, owner, "Park", clock.System()).State().ID
	var want domain.TaskCounts
	for i := range 200 { // more than once around, however the folding is timed
		delta := domain.TaskCounts{Todo: 1}
		if i%3 == 0 {
			delta = domain.TaskCounts{Todo: -1, InProgress: 2, Done: 1}
		}
		want = want.Plus(delta)
		b.do(t, func(ctx context.Context) error { return b.store.Count(ctx, id, delta) })
		if i%20 == 0 {
			p, err := b.store.Find(t.Context(), owner, id)
			require.NoError(t, err)
			require.Equal(t, want, p.State().TaskCounts)
		}
	}
	p, err := b.store.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, want, p.State().TaskCounts)
	require.Equal(t, int64(1), p.State().Version, "counting is not a change by people")

	p, err = b.store.Find(t.Context(), owner, other)
	require.NoError(t, err)
	require.Zero(t, p.State().TaskCounts)

	list, err := b.store.List(t.Context(), ports.Filter{OwnerID: owner.UserID},
		page.Request{Limit: 1, Sort: page.Sort{Key: "created_at"}})
	require.NoError(t, err)
	require.Equal(t, want, list.Items[0].State().TaskCounts)
}

func (b bundle) walked(t *testing.T) {
	owner := somebody()
	at := clock.System()
	names := []string{"b", "a", "B", "ä", "a", "", "z", "a", "b", "c"}
	var all []ids.ID
	for i, name := range names {
		// Ties in every key: times repeat too.
		p := b.add(t, owner, "n"+name, at.Add(time.Duration(i/3)*time.Second))
		all = append(all, p.State().ID)
	}
	for _, key := range []string{"created_at", "updated_at", "name"} {
		for _, desc := range []bool{false, true} {
			t.Run(page.Sort{Key: key, Desc: desc}.String(), func(t *testing.T) {
				var seen []ids.ID
				var states []domain.State
				request := page.Request{Limit: 1 + rand.IntN(4), Sort: page.Sort{Key: key, Desc: desc}}
				for {
					p, err := b.store.List(t.Context(), ports.Filter{OwnerID: owner.UserID}, request)
					require.NoError(t, err)
					require.LessOrEqual(t, len(p.Items), request.Limit)
					for _, item := range p.Items {
						seen = append(seen, item.State().ID)
						states = append(states, item.State())
					}
					if p.Next == nil {
						break
					}
					request.After = p.Next
				}
				require.ElementsMatch(t, all, seen)
				require.True(t, slices.IsSortedFunc(states, func(a, b domain.State) int {
					if desc {
						a, b = b, a
					}
					return order(key, a, b)
				}))
			})
		}
	}
}

func order(key string, a, b domain.State) int {
	c := 0
	switch key {
	case "created_at":
		c = a.CreatedAt.Compare(b.CreatedAt)
	case "updated_at":
		c = a.UpdatedAt.Compare(b.UpdatedAt)
	case "name":
		c = slices.Compare([]byte(a.Name), []byte(b.Name))
	}
	if c == 0 {
		c = slices.Compare(a.ID[:], b.ID[:])
	}
	return c
}

func (b bundle) filtered(t *testing.T) {
	owner := somebody()
	kept := b.add(t, owner, "Garden", clock.System()).State().ID
	archived := b.add(t, owner, "Park", clock.System()).State().ID
	b.add(t, somebody(), "Foreign", clock.System())
	b.do(t, func(ctx context.Context) error {
		_, err := b.store.Update(ctx, owner, archived, func(p *domain.Project) error {
			c, err := domain.NewChange(nil, nil, new("archived"))
			if err != nil {
				return err
			}
			return p.Apply(c, clock.System())
		})
		return err
	})
	list := func(f ports.Filter) []ids.ID {
		p, err := b.store.List(t.Context(), f, page.Request{Limit: 100, Sort: page.Sort{Key: "created_at"}})
		require.NoError(t, err)
		return page.Map(p, func(p *domain.Project) ids.ID { return p.State().ID }).Items
	}
	require.Equal(t, []ids.ID{kept, archived}, list(ports.Filter{OwnerID: owner.UserID}))
	require.Equal(t, []ids.ID{kept}, list(ports.Filter{OwnerID: owner.UserID, Status: new(domain.Active)}))
	require.Equal(t, []ids.ID{archived}, list(ports.Filter{OwnerID: owner.UserID, Status: new(domain.Archived)}))
	require.Subset(t, list(ports.Filter{}), []ids.ID{kept, archived})
	require.Empty(t, list(ports.Filter{OwnerID: ids.New()}))
}
