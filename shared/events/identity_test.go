package events_test

import "fasttrack/shared/events"

var _ = list(
	events.UserRegistered{},
	events.UserChanged{},
	events.SessionEnded{},
)
