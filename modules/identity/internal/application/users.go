package application

import (
	"context"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
)

// Me returns the caller's account.
func (s *Service) Me(ctx context.Context, who auth.Principal) (*domain.User, error) {
	return s.users.Find(ctx, who.UserID)
}

// ChangeMe alters the caller's account, if its version is the one that the caller expects. Another address takes the
// password, and waits until it is verified; see changeEmail.
func (s *Service) ChangeMe(
	ctx context.Context, who auth.Principal, change domain.UserChange, password *string, expected precondition.If,
) (*domain.User, error) {
	if err := domain.CheckMayChangeSelf(change); err != nil {
		return nil, err
	}
	if _, asked := change.Email(); asked {
		return s.changeEmail(ctx, who, change, password, expected)
	}
	return s.change(ctx, who, who.UserID, change, expected)
}

// Get returns the account of anybody, to an admin.
func (s *Service) Get(ctx context.Context, who auth.Principal, id ids.ID) (*domain.User, error) {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return nil, err
	}
	return s.users.Find(ctx, id)
}

// List returns a page of all accounts, to an admin.
func (s *Service) List(
	ctx context.Context, who auth.Principal, filter ports.UserFilter, request page.Request,
) (page.Page[*domain.User], error) {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return page.Page[*domain.User]{}, err
	}
	return s.users.List(ctx, filter, request)
}

// Change alters the account of anybody, for an admin, if its version is the one that the admin expects. A user who is
// deactivated has no session left when it returns.
func (s *Service) Change(
	ctx context.Context, who auth.Principal, id ids.ID, change domain.UserChange, expected precondition.If,
) (*domain.User, error) {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return nil, err
	}
	return s.change(ctx, who, id, change, expected)
}

func (s *Service) change(
	ctx context.Context, who auth.Principal, id ids.ID, change domain.UserChange, expected precondition.If,
) (u *domain.User, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		var before domain.UserState
		alter := func(u *domain.User, lastAdmin bool) error {
			before = u.State()
			if err := u.Apply(change, lastAdmin, s.now()); err != nil {
				return err
			}
			return expected.Check(before.Version)
		}
		if change.TouchesAccess() {
			u, err = s.users.UpdateAccess(ctx, id, func(u *domain.User, admins domain.Admins) error {
				// What the token said may be over by now: a demoted admin must not undo it from another node.
				if err := admins.CheckStillManages(who); err != nil {
					return err
				}
				return alter(u, !admins.OtherThan(id))
			})
		} else {
			u, err = s.users.Update(ctx, id, func(u *domain.User) error { return alter(u, false) })
		}
		if err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, who.UserID, before, u)
	})
	return u, err
}

// announce tells others of the change, and ends the sessions of a user who was deactivated.
func (s *Service) announce(ctx context.Context, before domain.UserState, u *domain.User) error {
	after := u.State()
	if before.IsActive && !after.IsActive {
		if _, err := s.endAll(ctx, after.ID, ids.Nil, events.SessionDeactivated); err != nil {
			return err
		}
	}
	return s.bus.Publish(ctx, events.UserChanged{
		User:          published(u),
		AccessChanged: before.Role != after.Role || before.IsActive != after.IsActive,
		At:            after.UpdatedAt,
	})
}

// IsEmpty reports whether there is no account at all.
func (s *Service) IsEmpty(ctx context.Context) (bool, error) {
	p, err := s.users.List(ctx, ports.UserFilter{}, page.Request{Limit: 1, Sort: page.Sort{Key: "created_at"}})
	return len(p.Items) == 0, err
}
