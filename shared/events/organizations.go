package events

import (
	"time"

	"fasttrack/shared/ids"
)

// Organization is an organisation as other modules may keep it.
type Organization struct {
	OrganizationID ids.ID `json:"organization_id"`
	Name           string `json:"name"`
	Slug           string `json:"slug"`
	Version        int64  `json:"version"`
}

// OrganizationCreated says that there is a new organisation. A [MemberAdded] for its first owner follows.
type OrganizationCreated struct {
	Organization
	ByID ids.ID    `json:"by_id"`
	At   time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (OrganizationCreated) EventName() string { return "organizations.organization_created" }

// OrganizationChanged says that anything in [Organization] is different now.
type OrganizationChanged struct {
	Organization
	ByID    ids.ID    `json:"by_id"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (OrganizationChanged) EventName() string { return "organizations.organization_changed" }

// OrganizationDeleted says that an organisation is gone, and so are its memberships and all that belongs to it: there
// is no event per member or project, each module forgets its own.
type OrganizationDeleted struct {
	OrganizationID ids.ID    `json:"organization_id"`
	ByID           ids.ID    `json:"by_id"`
	AsAdmin        bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At             time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (OrganizationDeleted) EventName() string { return "organizations.organization_deleted" }

// Membership is somebody's part in an organisation as other modules may keep it.
type Membership struct {
	OrganizationID ids.ID `json:"organization_id"`
	UserID         ids.ID `json:"user_id"`
	Role           string `json:"role"`    // owner, admin, member
	Version        int64  `json:"version"` // grows with every change; a copy ignores what is not newer
}

// MemberAdded says that somebody belongs to an organisation from now on.
type MemberAdded struct {
	Membership
	ByID    ids.ID    `json:"by_id"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (MemberAdded) EventName() string { return "organizations.member_added" }

// MemberChanged says that a member has another role now.
type MemberChanged struct {
	Membership
	ByID    ids.ID    `json:"by_id"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (MemberChanged) EventName() string { return "organizations.member_changed" }

// MemberRemoved says that somebody left an organisation or was removed from it. The role in it is the last one, the
// version newer than that of any copy. Who is added again later begins with version 1. It is not published for the
// members of a deleted organisation ([OrganizationDeleted]).
type MemberRemoved struct {
	Membership
	ByID    ids.ID    `json:"by_id"`    // if it is the member, they left
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (MemberRemoved) EventName() string { return "organizations.member_removed" }
