// Package application implements the commands and queries of organisations.
package application

import (
	"context"
	"errors"
	"fmt"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
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
	Work          uow.UnitOfWork
	Organizations ports.Organizations
	Members       ports.Members
	Users         ports.Users
	Latin         func(string) string // brings text into plain Latin letters, as far as that is possible
	Bus           *eventbus.Bus
	Now           clock.Clock
	NewID         ids.Generator
}

// Service carries out commands and queries. It is safe for concurrent use.
//
// Every command takes its locks in the same order: the copy of a user, the organisation, its members.
type Service struct {
	work          uow.UnitOfWork
	organizations ports.Organizations
	members       ports.Members
	users         ports.Users
	latin         func(string) string
	bus           *eventbus.Bus
	now           clock.Clock
	newID         ids.Generator
}

// New returns the service.
func New(p Parts) *Service {
	return &Service{p.Work, p.Organizations, p.Members, p.Users, p.Latin, p.Bus, p.Now, p.NewID}
}

// errNoUser refuses a user who is not in this database: their token was issued before it was restored or replaced.
var errNoUser = auth.ErrUnauthenticated.WithCause(errors.New("the user is not known or not active"))

// Create creates an organisation whose owner is the caller.
func (s *Service) Create(ctx context.Context, caller auth.Principal, draft domain.Draft) (seen ports.Seen, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		user, ok, err := s.users.HoldActive(ctx, caller.UserID)
		if err != nil {
			return err
		}
		if !ok {
			return errNoUser
		}
		o, err := s.add(ctx, draft)
		if err != nil {
			return err
		}
		state := o.State()
		owner := domain.NewMember(state.ID, user, auth.OrganizationOwner, state.CreatedAt)
		if err := s.members.Add(ctx, owner); err != nil {
			return err
		}
		seen = ports.Seen{Organization: o, By: auth.Caller{Principal: caller, OrganizationRole: auth.OrganizationOwner}}
		err = s.bus.Publish(ctx, events.OrganizationCreated{
			Organization: published(o), ByID: caller.UserID, At: state.CreatedAt,
		})
		if err != nil {
			return err
		}
		return s.bus.Publish(ctx, events.MemberAdded{
			Membership: publishedMember(owner), ByID: caller.UserID, At: state.CreatedAt,
		})
	})
	return seen, err
}

// maxSlugs bounds how many slugs are tried for one organisation. That the second one is taken happens once in millions
// of times.
const maxSlugs = 5

// add keeps a new organisation under the slug that was asked for, or under one that is free and like its name.
func (s *Service) add(ctx context.Context, draft domain.Draft) (*domain.Organization, error) {
	id, now := s.newID(), s.now()
	if slug := draft.Slug(); slug != nil {
		o := domain.NewOrganization(id, draft, *slug, now)
		return o, s.organizations.Add(ctx, o)
	}
	derived := domain.DeriveSlug(draft.Name(), s.latin)
	slug := derived
	for range maxSlugs {
		o := domain.NewOrganization(id, draft, slug, now)
		err := s.organizations.Add(ctx, o)
		if !errors.Is(err, domain.ErrSlugTaken) {
			return o, err
		}
		slug = derived.Suffixed(s.newID())
	}
	return nil, fmt.Errorf("no free slug like %s was found", derived)
}

// Get returns one organisation that the caller may see.
func (s *Service) Get(ctx context.Context, caller auth.Principal, id ids.ID) (ports.Seen, error) {
	return s.organizations.Find(ctx, caller, id)
}

// List returns a page of the organisations that the caller belongs to, or of all of them, which only a system admin may
// ask for.
func (s *Service) List(ctx context.Context, filter ports.Filter, request page.Request) (page.Page[ports.Seen], error) {
	if filter.All {
		if err := domain.CheckMayListAll(filter.Caller); err != nil {
			return page.Page[ports.Seen]{}, err
		}
	}
	return s.organizations.List(ctx, filter, request)
}

// Change alters an organisation, if the caller may and its version is the one that the caller expects.
func (s *Service) Change(
	ctx context.Context, caller auth.Principal, id ids.ID, change domain.Change, expected precondition.If,
) (seen ports.Seen, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		var before domain.State
		var asAdmin bool
		seen, err = s.organizations.Update(ctx, caller, id, func(o *domain.Organization, by auth.Caller) (err error) {
			if asAdmin, err = o.CheckMayChange(by); err != nil {
				return err
			}
			before = o.State()
			o.Apply(change, s.now())
			if slug := o.State().Slug; slug != before.Slug {
				taken, err := s.organizations.IsTaken(ctx, slug)
				if err != nil {
					return err
				}
				if taken {
					return domain.ErrSlugTaken
				}
			}
			return expected.Check(before.Version)
		})
		if err != nil || seen.Organization.State() == before {
			return err
		}
		return s.bus.Publish(ctx, events.OrganizationChanged{
			Organization: published(seen.Organization), ByID: caller.UserID, AsAdmin: asAdmin,
			At: seen.Organization.State().UpdatedAt,
		})
	})
	return seen, err
}

// Delete removes an organisation with its memberships and all that belongs to it: each module forgets its own in the
// same transaction.
func (s *Service) Delete(ctx context.Context, caller auth.Principal, id ids.ID, expected precondition.If) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		var asAdmin bool
		err := s.organizations.Delete(ctx, caller, id, func(o *domain.Organization, by auth.Caller) (err error) {
			if asAdmin, err = o.CheckMayDelete(by); err != nil {
				return err
			}
			return expected.Check(o.State().Version)
		})
		if err != nil {
			return err
		}
		return s.bus.Publish(ctx, events.OrganizationDeleted{
			OrganizationID: id, ByID: caller.UserID, AsAdmin: asAdmin, At: s.now(),
		})
	})
}

func published(o *domain.Organization) events.Organization {
	s := o.State()
	return events.Organization{OrganizationID: s.ID, Name: s.Name, Slug: string(s.Slug), Version: s.Version}
}
