package application

import (
	"context"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
)

// Member returns one member of an organisation that the caller may see.
func (s *Service) Member(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID,
) (*domain.Member, error) {
	return s.members.Find(ctx, caller, organizationID, userID)
}

// Members returns a page of the members of an organisation that the caller may see.
func (s *Service) Members(
	ctx context.Context, caller auth.Principal, organizationID ids.ID, role auth.OrganizationRole, request page.Request,
) (page.Page[*domain.Member], error) {
	return s.members.List(ctx, caller, organizationID, role, request)
}

// AddMember makes an active user a member. Whether there is such a user is told only to those who may add them; for
// others nobody is looked for, so that not even the time of the answer, or a lock, tells who has an account.
func (s *Service) AddMember(
	ctx context.Context, caller auth.Principal, organizationID ids.ID, invitation domain.Invitation,
) (m *domain.Member, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		seen, err := s.organizations.Find(ctx, caller, organizationID)
		if err != nil {
			return err
		}
		if _, err := domain.CheckMayAdd(seen.By, invitation.Role()); err != nil {
			return err
		}
		user, known, err := s.holdInvited(ctx, invitation)
		if err != nil {
			return err
		}
		// Now for certain: users are locked before organisations, and the caller's role could have changed meanwhile.
		by, err := s.members.Hold(ctx, caller, organizationID)
		if err != nil {
			return err
		}
		asAdmin, err := domain.CheckMayAdd(by, invitation.Role())
		if err != nil {
			return err
		}
		if !known {
			return invitation.Unknown()
		}
		m = domain.NewMember(organizationID, user, invitation.Role(), s.now())
		if err := s.members.Add(ctx, m); err != nil {
			return err
		}
		return s.bus.Publish(ctx, events.MemberAdded{
			Membership: publishedMember(m), ByID: caller.UserID, AsAdmin: asAdmin, At: m.State().CreatedAt,
		})
	})
	return m, err
}

// AuthorizeAddMember fails unless the caller may add members with the role.
func (s *Service) AuthorizeAddMember(
	ctx context.Context, caller auth.Principal, organizationID ids.ID, role auth.OrganizationRole,
) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		by, err := s.members.Hold(ctx, caller, organizationID)
		if err != nil {
			return err
		}
		_, err = domain.CheckMayAdd(by, role)
		return err
	})
}

func (s *Service) holdInvited(ctx context.Context, i domain.Invitation) (user domain.User, known bool, err error) {
	if id := i.UserID(); id != nil {
		return s.users.HoldActive(ctx, *id)
	}
	return s.users.HoldActiveByEmail(ctx, i.Email())
}

// ChangeMember gives a member another role (nil: the one that they have), if the caller may and the version of the
// membership is the one that the caller expects.
func (s *Service) ChangeMember(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, role *auth.OrganizationRole, expected precondition.If,
) (m *domain.Member, err error) {
	err = s.work.Do(ctx, func(ctx context.Context) error {
		var before domain.MemberState
		var asAdmin bool
		change := func(m *domain.Member, by auth.Caller, lastOwner bool) (err error) {
			if asAdmin, err = m.CheckMaySetRole(by, role); err != nil {
				return err
			}
			before = m.State()
			if role != nil {
				if err := m.SetRole(*role, lastOwner); err != nil {
					return err
				}
			}
			return expected.Check(before.Version)
		}
		m, err = s.members.Update(ctx, caller, organizationID, userID, change)
		if err != nil || m.State() == before {
			return err
		}
		return s.bus.Publish(ctx, events.MemberChanged{
			Membership: publishedMember(m), ByID: caller.UserID, AsAdmin: asAdmin, At: s.now(),
		})
	})
	return m, err
}

// RemoveMember ends a membership, if the caller may and its version is the one that the caller expects. Everybody may
// end their own.
func (s *Service) RemoveMember(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, expected precondition.If,
) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		var asAdmin bool
		change := func(m *domain.Member, by auth.Caller, lastOwner bool) (err error) {
			if asAdmin, err = m.CheckMayRemove(by); err != nil {
				return err
			}
			version := m.State().Version
			if err := m.Leave(lastOwner); err != nil {
				return err
			}
			return expected.Check(version)
		}
		m, err := s.members.Remove(ctx, caller, organizationID, userID, change)
		if err != nil {
			return err
		}
		return s.bus.Publish(ctx, events.MemberRemoved{
			Membership: publishedMember(m), ByID: caller.UserID, AsAdmin: asAdmin, At: s.now(),
		})
	})
}

func publishedMember(m *domain.Member) events.Membership {
	s := m.State()
	return events.Membership{
		OrganizationID: s.OrganizationID, UserID: s.UserID, Role: string(s.Role), Version: s.Version,
	}
}
