// Package portstest is the contract that every implementation of the module's ports keeps.
package portstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
	"fasttrack/shared/uow"
)

// Stores is an implementation on a clean database.
type Stores struct {
	Work     uow.UnitOfWork
	Tasks    ports.Tasks
	Projects ports.Projects
	// AddUser keeps a copy of a user.
	AddUser func(ctx context.Context, id ids.ID, name string) error
	// AddMember keeps a copy of a membership.
	AddMember func(ctx context.Context, organizationID, userID ids.ID) error
}

// Run holds the implementation against the contract.
func Run(t *testing.T, stores Stores) {
	for name, test := range map[string]func(suite, *testing.T){
		"a task comes back as it was kept":         suite.roundTrip,
		"who may see a task":                       suite.visibility,
		"update keeps what grew":                   suite.update,
		"delete removes":                           suite.deletes,
		"a held project, and who asked for it":     suite.holds,
		"an older copy never replaces a newer":     suite.put,
		"forgetting a project takes its tasks":     suite.forget,
		"a refusal leaves nothing":                 suite.rollback,
		"filters choose":                           suite.filters,
		"search finds parts of texts":              suite.search,
		"whose list holds what":                    suite.lists,
		"a walk sees what stays exactly once":      suite.walks,
		"a list cannot be sorted by anything":      suite.unknownSort,
		"no project, no list":                      suite.noProject,
		"a user's list has each task exactly once": suite.once,
		"tasks are taken from somebody":            suite.unassigns,
		"an organisation goes with its tasks":      suite.forgetsOrganization,
	} {
		t.Run(name, func(t *testing.T) { test(suite{stores}, t) })
	}
}

var monday = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

type suite struct{ Stores }

// principal is a new user whom the stores know.
func (s suite) principal(t *testing.T, name string) auth.Principal {
	t.Helper()
	caller := auth.Principal{UserID: ids.New(), Role: auth.RoleUser}
	s.do(t, func(ctx context.Context) error { return s.AddUser(ctx, caller.UserID, name) })
	return caller
}

func admin() auth.Principal { return auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin} }

func (s suite) project(t *testing.T, owner auth.Principal, alter ...func(*domain.Project)) domain.Project {
	t.Helper()
	p := domain.Project{ID: ids.New(), OwnerID: owner.UserID, Name: "Garden", Version: 1}
	for _, a := range alter {
		a(&p)
	}
	s.do(t, func(ctx context.Context) error { return s.Projects.Put(ctx, p) })
	return p
}

// of gives a project to an organisation.
func of(organization ids.ID) func(*domain.Project) {
	return func(p *domain.Project) { p.OrganizationID = &organization }
}

func newTask(t *testing.T, p domain.Project, at time.Time, f domain.Fields) *domain.Task {
	t.Helper()
	if f.Title == nil {
		f.Title = new("Dig")
	}
	draft, err := domain.NewDraft(f)
	require.NoError(t, err)
	task, err := domain.NewTask(ids.New(), p.OwnerID, p, draft, true, at)
	require.NoError(t, err)
	return task
}

func (s suite) task(t *testing.T, p domain.Project, f domain.Fields) *domain.Task {
	t.Helper()
	task := newTask(t, p, monday, f)
	s.do(t, func(ctx context.Context) error { return s.Tasks.Add(ctx, task) })
	return task
}

func (s suite) do(t *testing.T, fn func(context.Context) error) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), fn))
}

func (s suite) roundTrip(t *testing.T) {
	owner := s.principal(t, "Ada")
	full := domain.Fields{
		Title: new("Dig 'deep'; \"now\""), Description: new("ä\n\t日本"), Status: new("done"), Priority: new("high"),
		AssigneeID: patch.To(owner.UserID), DueAt: patch.To(monday.Add(time.Hour)),
	}
	project := s.project(t, owner)
	organisations := s.project(t, owner, func(p *domain.Project) { p.OrganizationID, p.Inbox = new(ids.New()), false })
	filled := s.task(t, project, full)
	fieldtest.RequireFilled(t, filled.State())
	for _, task := range []*domain.Task{
		filled, s.task(t, project, domain.Fields{}), s.task(t, organisations, full),
	} {
		found, err := s.Tasks.Find(t.Context(), admin(), task.State().ID)
		require.NoError(t, err)
		require.Equal(t, task, found)
	}
}

func (s suite) visibility(t *testing.T) {
	owner, assignee, other := s.principal(t, "Ada"), s.principal(t, "Bob"), s.principal(t, "Eve")
	organization, member := ids.New(), s.principal(t, "Max")
	s.do(t, func(ctx context.Context) error { return s.AddMember(ctx, organization, member.UserID) })
	s.do(t, func(ctx context.Context) error { return s.AddMember(ctx, ids.New(), other.UserID) })
	personal := s.task(t, s.project(t, owner), domain.Fields{AssigneeID: patch.To(assignee.UserID)})
	organisations := s.task(t, s.project(t, owner, of(organization)),
		domain.Fields{AssigneeID: patch.To(assignee.UserID)})
	for name, c := range map[string]struct {
		caller                  auth.Principal
		personal, organisations bool
	}{
		"owner": {owner, true, false}, "assignee": {assignee, true, true}, "admin": {admin(), true, true},
		"member": {member, false, true}, "other": {other, false, false}, "nobody": {auth.Principal{}, false, false},
	} {
		for task, may := range map[*domain.Task]bool{personal: c.personal, organisations: c.organisations} {
			id, want := task.State().ID, error(nil)
			if !may {
				want = domain.ErrNotFound
			}
			_, err := s.Tasks.Find(t.Context(), c.caller, id)
			require.ErrorIs(t, err, want, name)
			err = s.Work.Do(t.Context(), func(ctx context.Context) error {
				_, err := s.Projects.HoldOf(ctx, c.caller, id)
				return err
			})
			require.ErrorIs(t, err, want, name)
			err = s.Work.Do(t.Context(), func(ctx context.Context) error {
				_, err := s.Tasks.Update(ctx, c.caller, id, func(*domain.Task) error { return nil })
				return err
			})
			require.ErrorIs(t, err, want, name)
			err = s.Work.Do(t.Context(), func(ctx context.Context) error {
				_, err := s.Tasks.Delete(ctx, c.caller, id, func(*domain.Task) error { return errStop })
				return err
			})
			if may {
				want = errStop
			}
			require.ErrorIs(t, err, want, name)
		}
	}
	_, err := s.Tasks.Find(t.Context(), admin(), ids.New())
	require.ErrorIs(t, err, domain.ErrNotFound)
}

var errStop = errors.New("stop")

func (s suite) update(t *testing.T) {
	owner, assignee := s.principal(t, "Ada"), s.principal(t, "Bob")
	task := s.task(t, s.project(t, owner), domain.Fields{})
	id := task.State().ID
	apply := func(f domain.Fields) *domain.Task {
		change, err := domain.NewChange(f)
		require.NoError(t, err)
		var updated *domain.Task
		s.do(t, func(ctx context.Context) (err error) {
			updated, err = s.Tasks.Update(ctx, owner, id, func(task *domain.Task) error {
				return task.Apply(change, true, monday.Add(time.Hour))
			})
			return err
		})
		return updated
	}
	original := task.State()
	altered := apply(domain.Fields{
		Title: new("Prune"), Description: new("hedges"), Status: new("done"), Priority: new("high"),
		AssigneeID: patch.To(assignee.UserID), DueAt: patch.To(monday),
	})
	fieldtest.RequireFilled(t, altered.State())
	fieldtest.RequireAltered(t, original, altered.State(), "ID", "ProjectID", "CreatedBy", "CreatedAt")
	found, err := s.Tasks.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.Equal(t, altered, found)
	task = s.task(t, s.project(t, owner), domain.Fields{})
	id = task.State().ID
	for _, f := range []domain.Fields{
		{Title: new("Plant")},
		{Description: new("roses")},
		{Status: new("done")},
		{Priority: new("low"), DueAt: patch.To(monday)},
		{AssigneeID: patch.To(assignee.UserID)},
		{AssigneeID: patch.Null[ids.ID](), DueAt: patch.Null[time.Time](), Status: new("todo")},
		{},
	} {
		updated := apply(f)
		found, err := s.Tasks.Find(t.Context(), owner, id)
		require.NoError(t, err)
		require.Equal(t, updated, found)
	}
	found, err = s.Tasks.Find(t.Context(), owner, id)
	require.NoError(t, err)
	require.EqualValues(t, 7, found.State().Version)

	err = s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Tasks.Update(ctx, owner, id, func(*domain.Task) error { return errStop })
		return err
	})
	require.ErrorIs(t, err, errStop)
}

func (s suite) deletes(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner), domain.Fields{})
	s.do(t, func(ctx context.Context) error {
		deleted, err := s.Tasks.Delete(ctx, owner, task.State().ID, func(*domain.Task) error { return nil })
		require.Equal(t, task, deleted)
		return err
	})
	_, err := s.Tasks.Find(t.Context(), owner, task.State().ID)
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (s suite) holds(t *testing.T) {
	owner, assignee, other := s.principal(t, "Ada"), s.principal(t, "Bob"), s.principal(t, "Eve")
	garden := s.project(t, owner)
	inbox := s.project(t, owner, func(p *domain.Project) { p.Inbox = true })
	organisations := s.project(t, owner, func(p *domain.Project) { p.OrganizationID = new(ids.New()) })
	task := s.task(t, garden, domain.Fields{AssigneeID: patch.To(assignee.UserID)}).State().ID
	s.do(t, func(ctx context.Context) error {
		held, err := s.Projects.Hold(ctx, owner, garden.ID)
		require.NoError(t, err)
		require.Equal(t, garden, held.Project)
		require.Equal(t, "Ada", held.By.Name)
		require.Equal(t, owner.UserID, held.By.ID)

		held, err = s.Projects.HoldInbox(ctx, owner)
		require.NoError(t, err)
		require.Equal(t, inbox, held.Project)

		held, err = s.Projects.HoldOf(ctx, assignee, task)
		require.NoError(t, err)
		require.Equal(t, garden, held.Project)
		require.Equal(t, "Bob", held.By.Name)
		require.Equal(t, owner, held.Creator)

		unknown := admin()
		held, err = s.Projects.Hold(ctx, unknown, organisations.ID)
		require.NoError(t, err)
		require.Equal(t, organisations, held.Project)
		require.Empty(t, held.By.Name, "whom nobody told us about has no name yet")

		for _, caller := range []auth.Principal{assignee, other} {
			_, err = s.Projects.Hold(ctx, caller, garden.ID)
			require.ErrorIs(t, err, domain.ErrProjectNotFound)
		}
		_, err = s.Projects.Hold(ctx, owner, organisations.ID)
		require.ErrorIs(t, err, domain.ErrProjectNotFound)
		_, err = s.Projects.HoldInbox(ctx, other)
		require.Error(t, err)
		return nil
	})
}

func (s suite) put(t *testing.T) {
	owner := s.principal(t, "Ada")
	p := s.project(t, owner)
	newer, older := p, p
	newer.Name, newer.Archived, newer.Version = "Yard", true, 3
	older.Name, older.Version = "Meadow", 2
	s.do(t, func(ctx context.Context) error {
		for _, put := range []domain.Project{newer, older, p} {
			require.NoError(t, s.Projects.Put(ctx, put))
		}
		held, err := s.Projects.Hold(ctx, owner, p.ID)
		require.Equal(t, newer, held.Project)
		return err
	})
}

func (s suite) forget(t *testing.T) {
	owner := s.principal(t, "Ada")
	gone, stays := s.project(t, owner), s.project(t, owner)
	lost, kept := s.task(t, gone, domain.Fields{}).State().ID, s.task(t, stays, domain.Fields{}).State().ID
	for range 2 { // the second finds nothing, and that is well
		s.do(t, func(ctx context.Context) error { return s.Projects.Forget(ctx, gone.ID) })
	}
	_, err := s.Tasks.Find(t.Context(), owner, lost)
	require.ErrorIs(t, err, domain.ErrNotFound)
	_, err = s.Tasks.Find(t.Context(), owner, kept)
	require.NoError(t, err)
	err = s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Projects.Hold(ctx, owner, gone.ID)
		return err
	})
	require.ErrorIs(t, err, domain.ErrProjectNotFound)
}

func (s suite) rollback(t *testing.T) {
	owner := s.principal(t, "Ada")
	p := s.project(t, owner)
	task := newTask(t, p, monday, domain.Fields{})
	err := s.Work.Do(t.Context(), func(ctx context.Context) error {
		require.NoError(t, s.Tasks.Add(ctx, task))
		return errStop
	})
	require.ErrorIs(t, err, errStop)
	_, err = s.Tasks.Find(t.Context(), owner, task.State().ID)
	require.ErrorIs(t, err, domain.ErrNotFound)
}
