package events

import (
	"time"

	"fasttrack/shared/ids"
)

// Task is a task as other modules may keep it, with what they need of its project.
type Task struct {
	TaskID     ids.ID  `json:"task_id"`
	Title      string  `json:"title"`
	Status     string  `json:"status"`   // todo, in_progress, done
	Priority   string  `json:"priority"` // low, medium, high
	AssigneeID *ids.ID `json:"assignee_id"`
	CreatedBy  ids.ID  `json:"created_by"`
	Version    int64   `json:"version"`

	ProjectID      ids.ID  `json:"project_id"`
	ProjectName    string  `json:"project_name"`
	ProjectOwnerID ids.ID  `json:"project_owner_id"` // who made it; in an organisation's project that gives no rights
	OrganizationID *ids.ID `json:"organization_id"`  // nil: in a personal project
}

// TaskCreated says that there is a new task. If it is assigned, a [TaskAssigned] follows.
type TaskCreated struct {
	Task
	By      Person    `json:"by"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskCreated) EventName() string { return "tasks.task_created" }

// TaskChanged says that anything in [Task] is different now. The events that say what in particular follow it.
type TaskChanged struct {
	Task
	By      Person    `json:"by"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskChanged) EventName() string { return "tasks.task_changed" }

// TaskAssigned says that the task has a new assignee, the one in [Task].
type TaskAssigned struct {
	Task
	By Person    `json:"by"`
	At time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskAssigned) EventName() string { return "tasks.task_assigned" }

// TaskUnassigned says that somebody is no longer the task's assignee, because nobody or somebody else is.
type TaskUnassigned struct {
	Task
	FormerAssigneeID ids.ID    `json:"former_assignee_id"`
	By               Person    `json:"by"`
	At               time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskUnassigned) EventName() string { return "tasks.task_unassigned" }

// TasksUnassigned says that tasks have no assignee any more, because theirs may no longer see them: they do not belong
// to the organisation any more. The version of each task grew by one, and nothing else is different. It stands for as
// many [TaskChanged] and [TaskUnassigned]; more than 500 tasks come in several of it.
type TasksUnassigned struct {
	TaskIDs          []ids.ID  `json:"task_ids"`
	FormerAssigneeID ids.ID    `json:"former_assignee_id"`
	OrganizationID   ids.ID    `json:"organization_id"`
	ByID             ids.ID    `json:"by_id"`
	At               time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TasksUnassigned) EventName() string { return "tasks.tasks_unassigned" }

// TaskStatusChanged says that the task moved from one status to the one in [Task].
type TaskStatusChanged struct {
	Task
	OldStatus   string    `json:"old_status"`
	CreatorSees bool      `json:"creator_sees"` // whether who created the task may still see it
	By          Person    `json:"by"`
	At          time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskStatusChanged) EventName() string { return "tasks.task_status_changed" }

// TaskDeleted says that a task is gone, and so are its comments. It is not published for the tasks of a deleted
// project ([ProjectDeleted]).
type TaskDeleted struct {
	Task
	By      Person    `json:"by"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (TaskDeleted) EventName() string { return "tasks.task_deleted" }
