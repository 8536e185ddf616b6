package events_test

import "fasttrack/shared/events"

var _ = list(
	events.ProjectCreated{},
	events.ProjectChanged{},
	events.ProjectDeleted{},
)
