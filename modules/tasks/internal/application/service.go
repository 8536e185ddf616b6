// Package application implements the commands, queries and event reactions of tasks.
package application

import (
	"context"
	"slices"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
	"fasttrack/shared/uow"
)

// Parts is what a [Service] works with.
type Parts struct {
	Work     uow.UnitOfWork
	Tasks    ports.Tasks
	Projects ports.Projects
	Members  ports.Members
	Users    ports.Users
	Bus      *eventbus.Bus
	Now      clock.Clock
	NewID    ids.Generator
}

// Service carries out commands, queries and reactions. It is safe for concurrent use.
//
// Every command takes its locks in the same order: the copy of the project, those of memberships, that of the assignee,
// the task.
type Service struct {
	work     uow.UnitOfWork
	tasks    ports.Tasks
	projects ports.Projects
	members  ports.Members
	users    ports.Users
	bus      *eventbus.Bus
	now      clock.Clock
	newID    ids.Generator
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{p.Work, p.Tasks, p.Projects, p.Members, p.Users, p.Bus, p.Now, p.NewID}
}

// Get returns one task that the caller may see.
func (s *Service) Get(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Task, error) {
	return s.tasks.Find(ctx, caller, id)
}

// ListInProject returns a page of the tasks of a project that the caller may see.
func (s *Service) ListInProject(
	ctx context.Context, caller auth.Principal, projectID ids.ID, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	return s.tasks.ListInProject(ctx, caller, projectID, filter, request)
}

// ListOwn returns a page of the tasks of the caller's own projects and of those assigned to the caller.
func (s *Service) ListOwn(
	ctx context.Context, caller auth.Principal, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	return s.tasks.ListOf(ctx, caller.UserID, filter, request)
}

// CreateIn makes a task in a project that the caller manages.
func (s *Service) CreateIn(
	ctx context.Context, caller auth.Principal, projectID ids.ID, draft domain.Draft,
) (*domain.Task, error) {
	return s.create(ctx, caller, draft, func(ctx context.Context) (ports.Held, error) {
		return s.projects.Hold(ctx, caller, projectID)
	})
}

// AuthorizeCreateIn fails unless the caller may make tasks in a project, whether or not it is archived.
func (s *Service) AuthorizeCreateIn(ctx context.Context, caller auth.Principal, projectID ids.ID) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		held, err := s.projects.Hold(ctx, caller, projectID)
		if err != nil {
			return err
		}
		_, _, err = s.checkMayAdd(ctx, caller, held.Project, nil)
		return err
	})
}

// CreatePersonal makes a task in the caller's Inbox.
func (s *Service) CreatePersonal(ctx context.Context, caller auth.Principal, draft domain.Draft) (*domain.Task, error) {
	return s.create(ctx, caller, draft, func(ctx context.Context) (ports.Held, error) {
		return s.projects.HoldInbox(ctx, caller)
	})
}

func (s *Service) create(
	ctx context.Context, caller auth.Principal, draft domain.Draft, hold func(context.Context) (ports.Held, error),
) (t *domain.Task, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		held, err := hold(ctx)
		if err != nil {
			return err
		}
		roles, asAdmin, err := s.checkMayAdd(ctx, caller, held.Project, draft.AssigneeID())
		if err != nil {
			return err
		}
		assignable, err := s.assignable(ctx, held.Project, roles, draft.AssigneeID())
		if err != nil {
			return err
		}
		now := s.now()
		t, err = domain.NewTask(s.newID(), caller.UserID, held.Project, draft, assignable, now)
		if err != nil {
			return err
		}
		if err := s.tasks.Add(ctx, t); err != nil {
			return err
		}
		return s.publishCreated(ctx, t, act{held.By, asAdmin, now})
	})
	return t, err
}

// checkMayAdd fails unless the caller may make tasks in the project. It holds the roles of the caller and of the
// assignee, in an organisation's project, and returns them.
func (s *Service) checkMayAdd(
	ctx context.Context, caller auth.Principal, project domain.Project, assignee *ids.ID,
) (roles map[ids.ID]auth.OrganizationRole, asAdmin bool, err error) {
	roles, err = s.roles(ctx, project, &caller.UserID, assignee)
	if err != nil {
		return nil, false, err
	}
	by := auth.Caller{Principal: caller, OrganizationRole: roles[caller.UserID]}
	if err := project.CheckStillSees(by); err != nil {
		return nil, false, err
	}
	asAdmin, err = project.CheckMayAddTasks(by)
	return roles, asAdmin, err
}

// Change alters a task, if the caller may and its version is the one that the caller expects.
func (s *Service) Change(
	ctx context.Context, caller auth.Principal, id ids.ID, change domain.Change, expected precondition.If,
) (*domain.Task, error) {
	return s.update(ctx, caller, id, change.AssigneeID(), expected, func(t *domain.Task, assignable bool) error {
		return t.Apply(change, assignable, s.now())
	})
}

// Complete sets whether a task is done, under the same conditions as [Service.Change]; nil toggles.
func (s *Service) Complete(
	ctx context.Context, caller auth.Principal, id ids.ID, done *bool, expected precondition.If,
) (*domain.Task, error) {
	return s.update(ctx, caller, id, nil, expected, func(t *domain.Task, _ bool) error {
		return t.Complete(done, s.now())
	})
}

// update calls alter on a locked task and stores the result. It returns the changed task even if the caller may no
// longer see it after the change.
func (s *Service) update(
	ctx context.Context, caller auth.Principal, id ids.ID, assignee *ids.ID, expected precondition.If,
	alter func(t *domain.Task, assignable bool) error,
) (t *domain.Task, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		held, err := s.projects.HoldOf(ctx, caller, id)
		if err != nil {
			return err
		}
		roles, err := s.roles(ctx, held.Project, &caller.UserID, &held.Creator.UserID, assignee)
		if err != nil {
			return err
		}
		assignable, err := s.assignable(ctx, held.Project, roles, assignee)
		if err != nil {
			return err
		}
		by := auth.Caller{Principal: caller, OrganizationRole: roles[caller.UserID]}
		var before domain.State
		var asAdmin bool
		t, err = s.tasks.Update(ctx, caller, id, func(t *domain.Task) (err error) {
			if asAdmin, err = t.CheckMayChange(by); err != nil {
				return err
			}
			before = t.State()
			if err := alter(t, assignable); err != nil {
				return err
			}
			return expected.Check(before.Version)
		})
		if err != nil || t.State().Version == before.Version {
			return err
		}
		creator := auth.Caller{Principal: held.Creator, OrganizationRole: roles[held.Creator.UserID]}
		return s.publishChanged(ctx, t, before, act{held.By, asAdmin, t.State().UpdatedAt}, t.SeenBy(creator))
	})
	return t, err
}

// Delete removes a task of a project that the caller manages.
func (s *Service) Delete(ctx context.Context, caller auth.Principal, id ids.ID, expected precondition.If) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		held, err := s.projects.HoldOf(ctx, caller, id)
		if err != nil {
			return err
		}
		roles, err := s.roles(ctx, held.Project, &caller.UserID)
		if err != nil {
			return err
		}
		by := auth.Caller{Principal: caller, OrganizationRole: roles[caller.UserID]}
		var asAdmin bool
		t, err := s.tasks.Delete(ctx, caller, id, func(t *domain.Task) (err error) {
			if asAdmin, err = t.CheckMayDelete(by); err != nil {
				return err
			}
			if err := t.CheckDeletable(); err != nil {
				return err
			}
			return expected.Check(t.State().Version)
		})
		if err != nil {
			return err
		}
		return s.bus.Publish(ctx, events.TaskDeleted{Task: published(t), By: held.By, AsAdmin: asAdmin, At: s.now()})
	})
}

// roles returns what users are in the organisation of a project, and holds it; nil is nobody. In a personal project
// nobody is anything.
func (s *Service) roles(
	ctx context.Context, project domain.Project, users ...*ids.ID,
) (map[ids.ID]auth.OrganizationRole, error) {
	if project.Personal() {
		return nil, nil
	}
	var asked []ids.ID
	for _, user := range users {
		if user != nil && !slices.Contains(asked, *user) {
			asked = append(asked, *user)
		}
	}
	return s.members.Lock(ctx, *project.OrganizationID, asked...)
}

// assignable reports whether a task of the project can be assigned to the user, who stays so until the unit of work
// ends. It is true for nil, which unassigns.
func (s *Service) assignable(
	ctx context.Context, project domain.Project, roles map[ids.ID]auth.OrganizationRole, id *ids.ID,
) (bool, error) {
	switch {
	case id == nil:
		return true, nil
	case !project.Assignable(roles[*id]):
		return false, nil
	}
	return s.users.HoldActive(ctx, *id)
}
