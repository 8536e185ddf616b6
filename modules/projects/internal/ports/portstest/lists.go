package portstest

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func (s suite) walks(t *testing.T) {
	owner := somebody()
	at := monday
	names := []string{"b", "a", "B", "ä", "a", "", "z", "a", "b", "c"}
	places := []*ids.ID{nil, s.organization(t, owner), s.organization(t, owner)}
	var all []ids.ID
	for i, name := range names {
		// Ties in every key: times repeat too, in all places.
		p := s.addIn(t, places[i%len(places)], owner, "n"+name, at.Add(time.Duration(i/3)*time.Second))
		all = append(all, p.ID)
	}
	s.addIn(t, s.organization(t), owner, "not theirs any more", at)
	s.add(t, somebody(), "foreign", at)
	for _, key := range []string{"created_at", "updated_at", "name"} {
		for _, desc := range []bool{false, true} {
			t.Run(page.Sort{Key: key, Desc: desc}.String(), func(t *testing.T) {
				var seen []ids.ID
				var states []domain.State
				request := page.Request{Limit: 1 + rand.IntN(4), Sort: page.Sort{Key: key, Desc: desc}}
				for {
					p, err := s.Projects.ListOf(t.Context(), owner.UserID, ports.Filter{}, request)
					require.NoError(t, err)
					require.LessOrEqual(t, len(p.Items), request.Limit)
					for _, item := range p.Items {
						seen = append(seen, item.ID)
						states = append(states, item)
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

func (s suite) unknownSort(t *testing.T) {
	for _, key := range []string{"", "description", "name; DROP TABLE projects"} {
		request := page.Request{Limit: 1, Sort: page.Sort{Key: key}}
		_, err := s.Projects.ListAll(t.Context(), ports.Filter{}, request)
		require.Error(t, err, key)
		_, err = s.Projects.ListOf(t.Context(), ids.New(), ports.Filter{}, request)
		require.Error(t, err, key)
	}
}

func (s suite) filters(t *testing.T) {
	owner, member := somebody(), somebody()
	shop := s.organization(t, owner, member)
	active, archived := s.add(t, owner, "Garden", monday).ID, s.add(t, owner, "Park", tuesday).ID
	foreign := s.add(t, somebody(), "Foreign", tuesday).ID
	shared := s.addIn(t, shop, owner, "Shared", tuesday).ID
	lost := s.addIn(t, s.organization(t), owner, "Lost", tuesday).ID
	s.do(t, func(ctx context.Context) error {
		_, err := s.Projects.Update(ctx, owner, archived, change(t, nil, nil, new("archived")))
		return err
	})
	request := page.Request{Limit: 100, Sort: page.Sort{Key: "created_at"}}
	found := func(p page.Page[domain.State], err error) []ids.ID {
		t.Helper()
		require.NoError(t, err)
		return page.Map(p, func(s domain.State) ids.ID { return s.ID }).Items
	}
	of := func(user ids.ID, f ports.Filter) []ids.ID {
		t.Helper()
		return found(s.Projects.ListOf(t.Context(), user, f, request))
	}
	require.ElementsMatch(t, []ids.ID{active, archived, shared}, of(owner.UserID, ports.Filter{}))
	require.ElementsMatch(t, []ids.ID{active, shared}, of(owner.UserID, ports.Filter{Status: new(domain.Active)}))
	require.Equal(t, []ids.ID{archived}, of(owner.UserID, ports.Filter{Status: new(domain.Archived)}))
	require.Equal(t, []ids.ID{shared}, of(owner.UserID, ports.Filter{OrganizationID: shop}))
	require.Empty(t, of(owner.UserID, ports.Filter{OrganizationID: shop, Status: new(domain.Archived)}))
	require.Equal(t, []ids.ID{shared}, of(member.UserID, ports.Filter{}))
	require.Equal(t, []ids.ID{shared}, of(member.UserID, ports.Filter{OrganizationID: shop}))
	require.Empty(t, of(ids.New(), ports.Filter{OrganizationID: shop}), "of somebody who is no member")
	require.Empty(t, of(owner.UserID, ports.Filter{OrganizationID: new(ids.New())}))
	require.Empty(t, of(ids.New(), ports.Filter{}))
	require.Empty(t, of(admin.UserID, ports.Filter{}), "an admin's own list is not everybody's")

	all := func(f ports.Filter) []ids.ID { return found(s.Projects.ListAll(t.Context(), f, request)) }
	require.Subset(t, all(ports.Filter{}), []ids.ID{active, archived, foreign, shared, lost})
	require.Equal(t, []ids.ID{shared}, all(ports.Filter{OrganizationID: shop}))
}
