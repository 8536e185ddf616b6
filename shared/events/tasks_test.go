package events_test

import "fasttrack/shared/events"

var _ = list(
	events.TaskCreated{},
	events.TaskChanged{},
	events.TaskAssigned{},
	events.TaskUnassigned{},
	events.TasksUnassigned{},
	events.TaskStatusChanged{},
	events.TaskDeleted{},
)
