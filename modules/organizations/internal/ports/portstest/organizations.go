package portstest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func (s suite) roundTrip(t *testing.T) {
	filled := s.keep(t, domain.State{
		ID: ids.New(), Name: "Shop 'A' ä\n\t日本", Slug: "round-trip", Version: 3, CreatedAt: monday, UpdatedAt: tuesday,
	})
	fieldtest.RequireFilled(t, filled)
	require.Equal(t, filled, s.find(t, admin, filled.ID))
}

func (s suite) visibility(t *testing.T) {
	state, owner := s.acme(t, "Acme", monday)
	_, foreign := s.acme(t, "Foreign", monday)
	for _, caller := range []auth.Principal{owner, admin} {
		require.Equal(t, state, s.find(t, caller, state.ID))
	}
	for _, c := range []struct {
		caller auth.Principal
		id     ids.ID
	}{{foreign, state.ID}, {owner, ids.New()}, {admin, ids.New()}} {
		_, err := s.Organizations.Find(t.Context(), c.caller, c.id)
		require.Equal(t, domain.ErrNotFound, err)
		_, err = s.Members.Find(t.Context(), c.caller, c.id, owner.UserID)
		require.Equal(t, domain.ErrNotFound, err)
		_, err = s.Members.List(t.Context(), c.caller, c.id, auth.OrganizationNone, newest(10))
		require.Equal(t, domain.ErrNotFound, err)
		for name, attempt := range map[string]func(context.Context) error{
			"update": func(ctx context.Context) error {
				_, err := s.Organizations.Update(ctx, c.caller, c.id, rename(t, new("Mine"), nil))
				return err
			},
			"delete": func(ctx context.Context) error { return s.Organizations.Delete(ctx, c.caller, c.id, accept) },
			"hold": func(ctx context.Context) error {
				_, err := s.Members.Hold(ctx, c.caller, c.id)
				return err
			},
			"change a member": func(ctx context.Context) error {
				_, err := s.Members.Update(ctx, c.caller, c.id, owner.UserID, keepMember)
				return err
			},
			"remove a member": func(ctx context.Context) error {
				_, err := s.Members.Remove(ctx, c.caller, c.id, owner.UserID, keepMember)
				return err
			},
		} {
			require.Equal(t, domain.ErrNotFound, s.Work.Do(t.Context(), attempt), name)
		}
	}
	require.Equal(t, state, s.find(t, owner, state.ID))
}

func (s suite) update(t *testing.T) {
	want, owner := s.acme(t, "Acme", monday)
	original := want
	for i, c := range []struct{ name, slug *string }{
		{new("Park"), nil},
		{nil, new("park")},
		{new("Yard"), new("yard")},
		{nil, nil},
		{new("Yard"), nil},
	} {
		before := want
		s.do(t, func(ctx context.Context) error {
			seen, err := s.Organizations.Update(ctx, owner, want.ID, rename(t, c.name, c.slug))
			if err == nil {
				want = seen.Organization.State()
				require.Equal(t, auth.Caller{Principal: owner, OrganizationRole: auth.OrganizationOwner}, seen.By)
			}
			return err
		})
		require.Equal(t, want, s.find(t, owner, want.ID))
		require.Equal(t, i > 2, want == before)
	}
	require.EqualValues(t, 4, want.Version)
	fieldtest.RequireAltered(t, original, want, "ID", "CreatedAt")
}

func (s suite) slugs(t *testing.T) {
	taken, owner := s.acme(t, "Acme", monday)
	other, _ := s.acme(t, "Other", monday)
	s.do(t, func(ctx context.Context) error {
		again := domain.Restore(domain.State{
			ID: ids.New(), Name: "Again", Slug: taken.Slug, Version: 1, CreatedAt: monday, UpdatedAt: monday,
		})
		require.Equal(t, domain.ErrSlugTaken, s.Organizations.Add(ctx, again))
		free := domain.Slug(ids.New().String())
		for slug, want := range map[domain.Slug]bool{taken.Slug: true, free: false} {
			is, err := s.Organizations.IsTaken(ctx, slug)
			require.NoError(t, err)
			require.Equal(t, want, is)
		}
		return nil // the unit of work can go on
	})
	// As if it had been free when it was looked for.
	require.ErrorIs(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Organizations.Update(ctx, admin, other.ID, rename(t, nil, new(string(taken.Slug))))
		return err
	}), domain.ErrSlugTaken)
	require.Equal(t, taken, s.find(t, owner, taken.ID))
	require.Equal(t, other, s.find(t, admin, other.ID))
}

func (s suite) rollback(t *testing.T) {
	want, owner := s.acme(t, "Acme", monday)
	for name, attempt := range map[string]func(context.Context) error{
		"update": func(ctx context.Context) error {
			_, err := s.Organizations.Update(ctx, owner, want.ID, func(o *domain.Organization, by auth.Caller) error {
				require.NoError(t, rename(t, new("Park"), nil)(o, by))
				return errStop
			})
			return err
		},
		"delete": func(ctx context.Context) error {
			return s.Organizations.Delete(ctx, owner, want.ID, func(*domain.Organization, auth.Caller) error { return errStop })
		},
		"remove": func(ctx context.Context) error {
			_, err := s.Members.Remove(ctx, owner, want.ID, owner.UserID,
				func(*domain.Member, auth.Caller, bool) error { return errStop })
			return err
		},
		"a later step": func(ctx context.Context) error {
			if err := s.Organizations.Delete(ctx, owner, want.ID, accept); err != nil {
				return err
			}
			return errStop
		},
	} {
		require.ErrorIs(t, s.Work.Do(t.Context(), attempt), errStop, name)
		require.Equal(t, want, s.find(t, owner, want.ID), name)
	}
}

func (s suite) deletes(t *testing.T) {
	gone, owner := s.acme(t, "Gone", monday)
	kept, other := s.acme(t, "Kept", monday)
	s.do(t, func(ctx context.Context) error {
		return s.Organizations.Delete(ctx, owner, gone.ID, func(o *domain.Organization, by auth.Caller) error {
			require.Equal(t, gone, o.State())
			require.Equal(t, auth.OrganizationOwner, by.OrganizationRole)
			return nil
		})
	})
	for _, caller := range []auth.Principal{owner, admin} {
		_, err := s.Organizations.Find(t.Context(), caller, gone.ID)
		require.Equal(t, domain.ErrNotFound, err)
		_, err = s.Members.Find(t.Context(), caller, gone.ID, owner.UserID)
		require.Equal(t, domain.ErrNotFound, err)
	}
	require.Equal(t, kept, s.find(t, other, kept.ID))
}

func newest(limit int) page.Request {
	return page.Request{Limit: limit, Sort: page.Sort{Key: "created_at", Desc: true}}
}

func (s suite) lists(t *testing.T) {
	user, caller := s.somebody(t)
	var all []ids.ID
	for i, name := range []string{"b", "a", "B", "ä", "a", "z", "a", "b", "c"} {
		state, _ := s.acme(t, name+" walk", monday.Add(time.Duration(i/3)*time.Second)) // ties in every key
		s.join(t, state.ID, user, auth.OrganizationMember, tuesday)
		all = append(all, state.ID)
	}
	s.acme(t, "foreign walk", monday)
	for _, key := range []string{"created_at", "updated_at", "name"} {
		for _, desc := range []bool{false, true} {
			request := page.Request{Limit: 1 + rand.IntN(4), Sort: page.Sort{Key: key, Desc: desc}}
			seen := s.walk(t, ports.Filter{Caller: caller}, request)
			var found []ids.ID
			for _, item := range seen {
				found = append(found, item.Organization.State().ID)
				require.Equal(t, auth.Caller{Principal: caller, OrganizationRole: auth.OrganizationMember}, item.By)
			}
			require.ElementsMatch(t, all, found)
			require.True(t, slices.IsSortedFunc(seen, func(a, b ports.Seen) int {
				if desc {
					a, b = b, a
				}
				return order(key, a.Organization.State(), b.Organization.State())
			}))
		}
	}
	by := page.Request{Limit: 3, Sort: page.Sort{Key: "name"}}
	require.Len(t, s.walk(t, ports.Filter{Caller: caller, Query: "A WALK"}, by), 3)
	require.Len(t, s.walk(t, ports.Filter{Caller: caller, Query: "Ä w"}, by), 1)
	require.Empty(t, s.walk(t, ports.Filter{Caller: caller, Query: "%"}, by))
	require.Len(t, s.walk(t, ports.Filter{Caller: caller, Query: all[0].String()[24:]}, by), 1, "part of the slug")
	require.Empty(t, s.walk(t, ports.Filter{Caller: admin}, by))
	require.Len(t, s.walk(t, ports.Filter{Caller: admin, All: true, Query: " walk"}, by), 10)
	for _, item := range s.walk(t, ports.Filter{Caller: admin, All: true}, by) {
		require.Equal(t, auth.OrganizationNone, item.By.OrganizationRole)
	}
	for _, key := range []string{"", "slug", "name; DROP TABLE organizations"} {
		_, err := s.Organizations.List(t.Context(), ports.Filter{}, page.Request{Limit: 1, Sort: page.Sort{Key: key}})
		require.Error(t, err, key)
	}
}

func (s suite) walk(t *testing.T, filter ports.Filter, request page.Request) (all []ports.Seen) {
	t.Helper()
	for {
		p, err := s.Organizations.List(t.Context(), filter, request)
		require.NoError(t, err)
		all = append(all, p.Items...)
		if p.Next == nil {
			return all
		}
		request.After = p.Next
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
		c = bytes.Compare([]byte(a.Name), []byte(b.Name))
	}
	if c == 0 {
		c = bytes.Compare(a.ID[:], b.ID[:])
	}
	return c
}
