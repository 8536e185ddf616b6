package domain

import (
	"time"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Member is somebody who belongs to an organisation.
type Member struct {
	state MemberState
	user  User
}

// MemberState holds all fields of a membership.
type MemberState struct {
	OrganizationID ids.ID
	UserID         ids.ID
	Role           auth.OrganizationRole
	Version        int64 // counts changes by people, from 1; what happens to the user does not count
	CreatedAt      time.Time
}

// User is what this module knows of a user: its own copy.
type User struct {
	ID          ids.ID
	Email       string
	DisplayName string
	IsActive    bool
}

// NewMember makes a user a member.
func NewMember(organizationID ids.ID, user User, role auth.OrganizationRole, now time.Time) *Member {
	return &Member{MemberState{OrganizationID: organizationID, UserID: user.ID, Role: role, Version: 1, CreatedAt: now}, user}
}

// RestoreMember returns a stored membership with the copy of its user.
func RestoreMember(state MemberState, user User) *Member { return &Member{state, user} }

// State returns a copy of the membership's fields.
func (m *Member) State() MemberState { return m.state }

// User returns who it is.
func (m *Member) User() User { return m.user }

// SetRole gives the member another role. The same role keeps the version. lastOwner says that no other member is an
// owner; then this one, if one, must remain one ([ErrLastOwner]).
func (m *Member) SetRole(role auth.OrganizationRole, lastOwner bool) error {
	if role == m.state.Role {
		return nil
	}
	if lastOwner && m.isOwner() {
		return ErrLastOwner
	}
	m.state.Role = role
	m.state.Version++
	return nil
}

// Leave ends the membership: what is left of it is its last version. It fails with [ErrLastOwner] for the last owner.
func (m *Member) Leave(lastOwner bool) error {
	if lastOwner && m.isOwner() {
		return ErrLastOwner
	}
	m.state.Version++
	return nil
}

func (m *Member) isOwner() bool { return m.state.Role == auth.OrganizationOwner }
