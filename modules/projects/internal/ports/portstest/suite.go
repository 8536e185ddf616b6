// Package portstest is the contract that every implementation of the module's ports keeps.
package portstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/uow"
)

// Stores is an implementation on a clean database.
type Stores struct {
	Work     uow.UnitOfWork
	Projects ports.Projects
	// AddMember keeps a copy of a membership.
	AddMember func(ctx context.Context, organizationID, userID ids.ID, role auth.OrganizationRole) error
}

// Run holds the implementation against the contract.
func Run(t *testing.T, stores Stores) {
	for name, test := range map[string]func(suite, *testing.T){
		"a project comes back as it was kept":       suite.roundTrip,
		"who may see a project":                     suite.visibility,
		"update keeps what grew":                    suite.update,
		"a refusal leaves nothing":                  suite.rollback,
		"delete removes":                            suite.deletes,
		"a user has one Inbox":                      suite.oneInbox,
		"counts are exact at any time":              suite.counts,
		"counts are folded project by project":      suite.folds,
		"counts of a project that is gone are gone": suite.forgets,
		"a walk sees what stays exactly once":       suite.walks,
		"a list cannot be sorted by anything":       suite.unknownSort,
		"filters choose":                            suite.filters,
		"a search finds parts of texts":             suite.search,
		"a role is held":                            suite.roles,
		"an organisation goes with its projects":    suite.forgetsOrganization,
	} {
		t.Run(name, func(t *testing.T) { test(suite{stores}, t) })
	}
}

var (
	monday  = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
	errStop = errors.New("stop")
	admin   = auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}
)

type suite struct{ Stores }

func (s suite) do(t *testing.T, fn func(context.Context) error) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), fn))
}

func somebody() auth.Principal { return auth.Principal{UserID: ids.New(), Role: auth.RoleUser} }

func (s suite) keep(t *testing.T, p *domain.Project) domain.State {
	t.Helper()
	s.do(t, func(ctx context.Context) error { return s.Projects.Add(ctx, p) })
	return p.State()
}

func (s suite) add(t *testing.T, owner auth.Principal, name string, at time.Time) domain.State {
	t.Helper()
	return s.addIn(t, nil, owner, name, at)
}

// addIn makes a project of an organisation, or a personal one.
func (s suite) addIn(t *testing.T, organization *ids.ID, by auth.Principal, name string, at time.Time) domain.State {
	t.Helper()
	draft, err := domain.NewDraft(name, "about "+name, organization)
	require.NoError(t, err)
	return s.keep(t, domain.NewProject(ids.New(), by.UserID, draft, at))
}

// organization is an organisation with these members.
func (s suite) organization(t *testing.T, members ...auth.Principal) *ids.ID {
	t.Helper()
	id := ids.New()
	for _, m := range members {
		s.do(t, func(ctx context.Context) error { return s.AddMember(ctx, id, m.UserID, auth.OrganizationMember) })
	}
	return &id
}

func (s suite) find(t *testing.T, caller auth.Principal, id ids.ID) domain.State {
	t.Helper()
	p, err := s.Projects.Find(t.Context(), caller, id)
	require.NoError(t, err)
	return p.State()
}

func (s suite) requireMissing(t *testing.T, caller auth.Principal, id ids.ID) {
	t.Helper()
	_, err := s.Projects.Find(t.Context(), caller, id)
	require.ErrorIs(t, err, domain.ErrNotFound)
}

// change is what makes a project another one.
func change(t *testing.T, name, description, status *string) func(*domain.Project) error {
	t.Helper()
	c, err := domain.NewChange(name, description, status)
	require.NoError(t, err)
	return func(p *domain.Project) error { return p.Apply(c, tuesday) }
}

func accept(*domain.Project) error { return nil }

func (s suite) roundTrip(t *testing.T) {
	owner := somebody()
	filled := s.keep(t, domain.Restore(domain.State{
		ID: ids.New(), OwnerID: owner.UserID, OrganizationID: new(ids.New()), Name: "Shop 'A'", Description: "ä\n\t日本",
		Status: domain.Archived, Version: 3, CreatedAt: monday, UpdatedAt: tuesday,
	}))
	// Counts come of Count. No organisation has an Inbox; it is tried by itself below.
	fieldtest.RequireFilled(t, filled, "TaskCounts", "Inbox")
	require.Equal(t, filled, s.find(t, admin, filled.ID))
	for _, want := range []domain.State{
		s.add(t, owner, "Garden", monday),
		s.keep(t, domain.NewInbox(ids.New(), owner.UserID, monday)),
	} {
		require.Equal(t, want, s.find(t, owner, want.ID))
	}
}

func (s suite) visibility(t *testing.T) {
	owner, member, stranger := somebody(), somebody(), somebody()
	s.organization(t, stranger)
	for _, c := range []struct {
		project domain.State
		sees    []auth.Principal
		not     []auth.Principal
	}{
		{s.add(t, owner, "Garden", monday), []auth.Principal{owner, admin}, []auth.Principal{stranger}},
		// Who made a project of an organisation need not be a member any more.
		{
			s.addIn(t, s.organization(t, member), owner, "Shop", monday),
			[]auth.Principal{member, admin},
			[]auth.Principal{owner, stranger},
		},
	} {
		for _, caller := range c.sees {
			require.Equal(t, c.project, s.find(t, caller, c.project.ID))
		}
		for _, caller := range c.not {
			s.requireMissing(t, caller, c.project.ID)
			for name, attempt := range map[string]func(context.Context) error{
				"update": func(ctx context.Context) error {
					_, err := s.Projects.Update(ctx, caller, c.project.ID, change(t, new("Mine"), nil, nil))
					return err
				},
				"delete": func(ctx context.Context) error {
					_, err := s.Projects.Delete(ctx, caller, c.project.ID, accept)
					return err
				},
				"role": func(ctx context.Context) error {
					_, err := s.Projects.HoldRole(ctx, caller, c.project.ID)
					return err
				},
			} {
				require.ErrorIs(t, s.Work.Do(t.Context(), attempt), domain.ErrNotFound, name)
			}
		}
		require.Equal(t, c.project, s.find(t, admin, c.project.ID))
	}
	s.requireMissing(t, admin, ids.New())
}

func (s suite) update(t *testing.T) {
	owner := somebody()
	original := s.add(t, owner, "Shop", monday)
	var altered domain.State
	s.do(t, func(ctx context.Context) error {
		full := change(t, new("Market"), new("vegetables"), new("archived"))
		p, err := s.Projects.Update(ctx, owner, original.ID, full)
		require.NoError(t, err)
		altered = p.State()
		return nil
	})
	fieldtest.RequireAltered(t, original, altered, "ID", "OwnerID", "OrganizationID", "Inbox", "TaskCounts", "CreatedAt")
	require.Equal(t, altered, s.find(t, owner, original.ID))
	want := s.add(t, owner, "Garden", monday)
	for _, c := range []struct{ name, description, status *string }{
		{new("Park"), nil, nil},
		{nil, new(""), nil},
		{nil, nil, new("archived")},
		{new("Yard"), new("roses"), new("active")},
		{nil, nil, nil},
		{new("Yard"), nil, nil},
	} {
		before := want
		s.do(t, func(ctx context.Context) error {
			p, err := s.Projects.Update(ctx, owner, want.ID, change(t, c.name, c.description, c.status))
			if err == nil {
				want = p.State()
			}
			return err
		})
		require.Equal(t, want, s.find(t, owner, want.ID))
		if want.Version == before.Version {
			require.Equal(t, before, want)
		}
	}
	require.Equal(t, int64(5), want.Version)
	require.Equal(t, tuesday, want.UpdatedAt)
}

func (s suite) rollback(t *testing.T) {
	owner := somebody()
	want := s.add(t, owner, "Garden", monday)
	for name, attempt := range map[string]func(context.Context) error{
		"update": func(ctx context.Context) error {
			_, err := s.Projects.Update(ctx, owner, want.ID, func(p *domain.Project) error {
				require.NoError(t, change(t, new("Park"), nil, nil)(p))
				return errStop
			})
			return err
		},
		"delete": func(ctx context.Context) error {
			_, err := s.Projects.Delete(ctx, owner, want.ID, func(*domain.Project) error { return errStop })
			return err
		},
		"a later step": func(ctx context.Context) error {
			if err := s.Projects.Count(ctx, want.ID, domain.TaskCounts{Todo: 1}); err != nil {
				return err
			}
			if _, err := s.Projects.Delete(ctx, owner, want.ID, accept); err != nil {
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
	owner := somebody()
	gone, kept := s.add(t, owner, "Garden", monday), s.add(t, owner, "Park", monday)
	s.do(t, func(ctx context.Context) error {
		p, err := s.Projects.Delete(ctx, owner, gone.ID, accept)
		require.NoError(t, err)
		require.Equal(t, gone, p.State())
		return nil
	})
	s.requireMissing(t, owner, gone.ID)
	require.Equal(t, kept, s.find(t, owner, kept.ID))
}

func (s suite) oneInbox(t *testing.T) {
	owner := ids.New()
	s.keep(t, domain.NewInbox(ids.New(), owner, monday))
	require.Error(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		return s.Projects.Add(ctx, domain.NewInbox(ids.New(), owner, monday))
	}))
}

// More than once around, however the folding is timed; in turns, since no project may be left out of it.
func (s suite) counts(t *testing.T) {
	owner := somebody()
	gardens := []domain.State{s.add(t, owner, "Garden", monday), s.add(t, owner, "Park", monday)}
	untouched := s.add(t, owner, "Yard", monday)
	want := make([]domain.TaskCounts, len(gardens))
	for i := range 400 {
		delta := domain.TaskCounts{Todo: 1}
		if i%3 == 0 {
			delta = domain.TaskCounts{Todo: -1, InProgress: 2, Done: 1}
		}
		k := i % len(gardens)
		want[k] = want[k].Plus(delta)
		s.do(t, func(ctx context.Context) error { return s.Projects.Count(ctx, gardens[k].ID, delta) })
		if i%40 < 2 {
			require.Equal(t, want[k], s.find(t, owner, gardens[k].ID).TaskCounts)
		}
	}
	for k, garden := range gardens {
		after := s.find(t, owner, garden.ID)
		require.Equal(t, want[k], after.TaskCounts)
		after.TaskCounts = garden.TaskCounts
		require.Equal(t, garden, after, "counting is not a change by people")
	}
	require.Equal(t, untouched, s.find(t, owner, untouched.ID))
	list, err := s.Projects.ListOf(t.Context(), owner.UserID, ports.Filter{},
		page.Request{Limit: 2, Sort: page.Sort{Key: "name"}})
	require.NoError(t, err)
	require.Equal(t, want, []domain.TaskCounts{list.Items[0].TaskCounts, list.Items[1].TaskCounts})
}

// Each project is come round to, however few are taken at once, and what is shown stays what it is.
func (s suite) folds(t *testing.T) {
	owner := somebody()
	var gardens []domain.State
	for _, name := range []string{"Garden", "Park", "Yard", "Field", "Wood"} {
		garden := s.add(t, owner, name, monday)
		gardens = append(gardens, garden)
		for range 3 {
			s.do(t, func(ctx context.Context) error {
				return s.Projects.Count(ctx, garden.ID, domain.TaskCounts{Todo: -1, InProgress: 2, Done: 3})
			})
		}
	}
	for range 2 { // the second time there is nothing to do
		var last ids.ID
		for more := true; more; {
			s.do(t, func(ctx context.Context) (err error) {
				before := last
				last, more, err = s.Projects.Fold(ctx, last, 2)
				require.True(t, !more || last != before, "it does not go on")
				return err
			})
		}
		for _, garden := range gardens {
			after := s.find(t, owner, garden.ID)
			require.Equal(t, domain.TaskCounts{Todo: -3, InProgress: 6, Done: 9}, after.TaskCounts)
			after.TaskCounts = garden.TaskCounts
			require.Equal(t, garden, after, "folding is not a change by people")
		}
	}
}

func (s suite) forgets(t *testing.T) {
	owner := somebody()
	kept := s.add(t, owner, "Garden", monday)
	gone := s.add(t, owner, "Park", monday)
	for _, id := range []ids.ID{kept.ID, gone.ID} {
		s.do(t, func(ctx context.Context) error { return s.Projects.Count(ctx, id, domain.TaskCounts{Done: 1}) })
	}
	s.do(t, func(ctx context.Context) error {
		if _, err := s.Projects.Delete(ctx, owner, gone.ID, accept); err != nil {
			return err
		}
		return s.Projects.ForgetCounts(ctx, gone.ID)
	})
	// Whoever would take the id again finds nothing of it.
	gone.TaskCounts = domain.TaskCounts{}
	s.keep(t, domain.Restore(gone))
	require.Zero(t, s.find(t, owner, gone.ID).TaskCounts)
	require.Equal(t, domain.TaskCounts{Done: 1}, s.find(t, owner, kept.ID).TaskCounts)
}
