package events_test

import "fasttrack/shared/events"

var _ = list(
	events.OrganizationCreated{},
	events.OrganizationChanged{},
	events.OrganizationDeleted{},
	events.MemberAdded{},
	events.MemberChanged{},
	events.MemberRemoved{},
)
