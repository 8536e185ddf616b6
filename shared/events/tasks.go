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
	ProjectOwnerID ids.ID  `json:"project_owner_id"`
	OrganizationID *ids.ID `json:"organization_id"` // nil: in a personal project
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

// TaskStatusChanged says that the task moved from one status to the one in [Task].
type TaskStatusChanged struct {
	Task
	OldStatus string    `json:"old_status"`
	By        Person    `json:"by"`
	At        time.Time `json:"at"`
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
