// Package application implements the commands, queries and event reactions of projects.
package application

import (
	"context"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
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
	Projects ports.Projects
	Members  ports.Members
	Bus      *eventbus.Bus
	Now      clock.Clock
	NewID    ids.Generator
}

// Service carries out commands, queries and reactions. It is safe for concurrent use.
//
// Every command takes its locks in the same order: the caller's membership, the project.
type Service struct {
	work     uow.UnitOfWork
	projects ports.Projects
	members  ports.Members
	bus      *eventbus.Bus
	now      clock.Clock
	newID    ids.Generator
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{p.Work, p.Projects, p.Members, p.Bus, p.Now, p.NewID}
}

// Create creates a project whose owner is the caller: a personal one, or one of an organisation that the caller
// manages.
func (s *Service) Create(ctx context.Context, caller auth.Principal, draft domain.Draft) (*domain.Project, error) {
	p := domain.NewProject(s.newID(), caller.UserID, draft, s.now())
	return p, s.work.Do(ctx, func(ctx context.Context) error {
		var asAdmin bool
		if organization := draft.OrganizationID(); organization != nil {
			var err error
			if asAdmin, err = s.checkMayCreateIn(ctx, caller, *organization); err != nil {
				return err
			}
		}
		return s.add(ctx, p, caller.UserID, asAdmin)
	})
}

// AuthorizeCreate fails unless the caller may create such a project.
func (s *Service) AuthorizeCreate(ctx context.Context, caller auth.Principal, draft domain.Draft) error {
	organization := draft.OrganizationID()
	if organization == nil {
		return nil
	}
	return s.work.Do(ctx, func(ctx context.Context) error {
		_, err := s.checkMayCreateIn(ctx, caller, *organization)
		return err
	})
}

// checkMayCreateIn holds what lets the caller create projects in the organisation.
func (s *Service) checkMayCreateIn(
	ctx context.Context, caller auth.Principal, organizationID ids.ID,
) (asAdmin bool, err error) {
	roles, err := s.members.Lock(ctx, organizationID, caller.UserID)
	if err != nil {
		return false, err
	}
	asAdmin, err = domain.CheckMayCreate(auth.Caller{Principal: caller, OrganizationRole: roles[caller.UserID]})
	if err != nil || !asAdmin {
		return asAdmin, err
	}
	// Whoever is a member knows that there is such an organisation; a system admin has to look.
	exists, err := s.members.LockOrganization(ctx, organizationID)
	if err == nil && !exists {
		err = domain.ErrOrganization
	}
	return asAdmin, err
}

// Get returns one project that the caller may see.
func (s *Service) Get(ctx context.Context, caller auth.Principal, id ids.ID) (*domain.Project, error) {
	return s.projects.Find(ctx, caller, id)
}

// ListOwn returns a page of the caller's personal projects and of those of their organisations.
func (s *Service) ListOwn(
	ctx context.Context, caller auth.Principal, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	return s.projects.ListOf(ctx, caller.UserID, filter, request)
}

// ListAll returns a page of the projects of all users and organisations. Only a system admin may call it.
func (s *Service) ListAll(
	ctx context.Context, caller auth.Principal, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	if err := domain.CheckMayListAll(caller); err != nil {
		return page.Page[domain.State]{}, err
	}
	return s.projects.ListAll(ctx, filter, request)
}

// Change alters a project, if the caller manages it and its version is the one that the caller expects.
func (s *Service) Change(
	ctx context.Context, caller auth.Principal, id ids.ID, change domain.Change, expected precondition.If,
) (p *domain.Project, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		role, err := s.projects.HoldRole(ctx, caller, id)
		if err != nil {
			return err
		}
		var before int64
		var asAdmin bool
		p, err = s.projects.Update(ctx, caller, id, func(p *domain.Project) (err error) {
			if asAdmin, err = p.CheckMayManage(auth.Caller{Principal: caller, OrganizationRole: role}); err != nil {
				return err
			}
			before = p.State().Version
			if err := p.Apply(change, s.now()); err != nil {
				return err
			}
			return expected.Check(before)
		})
		if err != nil || p.State().Version == before {
			return err
		}
		return s.bus.Publish(ctx, events.ProjectChanged{
			Project: published(p), ByID: caller.UserID, AsAdmin: asAdmin, At: p.State().UpdatedAt,
		})
	})
	return p, err
}

// Delete removes a project with everything in it: each module forgets its own in the same transaction.
func (s *Service) Delete(ctx context.Context, caller auth.Principal, id ids.ID, expected precondition.If) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		role, err := s.projects.HoldRole(ctx, caller, id)
		if err != nil {
			return err
		}
		var asAdmin bool
		p, err := s.projects.Delete(ctx, caller, id, func(p *domain.Project) (err error) {
			if asAdmin, err = p.CheckMayManage(auth.Caller{Principal: caller, OrganizationRole: role}); err != nil {
				return err
			}
			if err := p.CheckDeletable(); err != nil {
				return err
			}
			return expected.Check(p.State().Version)
		})
		if err != nil {
			return err
		}
		state := p.State()
		err = s.bus.Publish(ctx, events.ProjectDeleted{
			ProjectID: state.ID, OwnerID: state.OwnerID, OrganizationID: state.OrganizationID,
			ByID: caller.UserID, AsAdmin: asAdmin, At: s.now(),
		})
		if err != nil {
			return err
		}
		// Only now: until the tasks were locked, a task could still be made and counted.
		return s.projects.ForgetCounts(ctx, id)
	})
}

func (s *Service) add(ctx context.Context, p *domain.Project, by ids.ID, asAdmin bool) error {
	if err := s.projects.Add(ctx, p); err != nil {
		return err
	}
	return s.bus.Publish(ctx, events.ProjectCreated{
		Project: published(p), ByID: by, AsAdmin: asAdmin, At: p.State().CreatedAt,
	})
}

func published(p *domain.Project) events.Project {
	s := p.State()
	return events.Project{
		ProjectID: s.ID, Name: s.Name, OwnerID: s.OwnerID, OrganizationID: s.OrganizationID,
		Inbox: s.Inbox, Archived: s.Status == domain.Archived, Version: s.Version,
	}
}
