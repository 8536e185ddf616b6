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
	var all []ids.ID
	for i, name := range names {
		// Ties in every key: times repeat too.
		p := s.add(t, owner, "n"+name, at.Add(time.Duration(i/3)*time.Second))
		all = append(all, p.ID)
	}
	for _, key := range []string{"created_at", "updated_at", "name"} {
		for _, desc := range []bool{false, true} {
			t.Run(page.Sort{Key: key, Desc: desc}.String(), func(t *testing.T) {
				var seen []ids.ID
				var states []domain.State
				request := page.Request{Limit: 1 + rand.IntN(4), Sort: page.Sort{Key: key, Desc: desc}}
				for {
					p, err := s.Projects.List(t.Context(), ports.Filter{PersonalOf: &owner.UserID}, request)
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
		_, err := s.Projects.List(t.Context(), ports.Filter{}, page.Request{Limit: 1, Sort: page.Sort{Key: key}})
		require.Error(t, err, key)
	}
}

func (s suite) filters(t *testing.T) {
	owner := somebody()
	active, archived := s.add(t, owner, "Garden", monday).ID, s.add(t, owner, "Park", tuesday).ID
	foreign, shared := s.add(t, somebody(), "Foreign", tuesday).ID, s.keep(t, organisational(owner)).ID
	s.do(t, func(ctx context.Context) error {
		_, err := s.Projects.Update(ctx, owner, archived, change(t, nil, nil, new("archived")))
		return err
	})
	list := func(f ports.Filter) []ids.ID {
		p, err := s.Projects.List(t.Context(), f, page.Request{Limit: 100, Sort: page.Sort{Key: "created_at"}})
		require.NoError(t, err)
		return page.Map(p, func(s domain.State) ids.ID { return s.ID }).Items
	}
	require.Equal(t, []ids.ID{active, archived}, list(ports.Filter{PersonalOf: &owner.UserID}))
	require.Equal(t, []ids.ID{active}, list(ports.Filter{PersonalOf: &owner.UserID, Status: new(domain.Active)}))
	require.Equal(t, []ids.ID{archived}, list(ports.Filter{PersonalOf: &owner.UserID, Status: new(domain.Archived)}))
	require.Subset(t, list(ports.Filter{}), []ids.ID{active, archived, foreign, shared})
	require.Empty(t, list(ports.Filter{PersonalOf: new(ids.New())}))
}
