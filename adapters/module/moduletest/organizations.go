package moduletest

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Join makes somebody a member of an organisation; it is a new one if its id is new.
func (w *World) Join(organization, user ids.ID, role auth.OrganizationRole) events.Membership {
	w.t.Helper()
	m := events.Membership{OrganizationID: organization, UserID: user, Role: string(role), Version: 1}
	w.tell(events.MemberAdded{Membership: m, ByID: user, At: Start})
	return m
}

// Of gives a project to the organisation, see [World.Project].
func Of(organization ids.ID) func(*events.Project) {
	return func(p *events.Project) { p.OrganizationID = &organization }
}

// WithRole is the news that a member has another role now.
func WithRole(m events.Membership, role auth.OrganizationRole) events.MemberChanged {
	m.Role = string(role)
	m.Version++
	return events.MemberChanged{Membership: m, ByID: m.UserID, At: Start}
}

// Removed is the news that somebody is a member no more.
func Removed(m events.Membership) events.MemberRemoved {
	return events.MemberRemoved{Membership: m, ByID: m.UserID, At: Start}
}

// OrganizationDeleted is the news that an organisation is gone, with all that belongs to it.
func OrganizationDeleted(id ids.ID) events.OrganizationDeleted {
	return events.OrganizationDeleted{OrganizationID: id, At: Start}
}
