// Package domain says what a task is and what may be done with it.
package domain

import (
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of this module.
var (
	ErrNotFound        = errs.NotFoundf("there is no such task")
	ErrProjectNotFound = errs.NotFoundf("there is no such project")
	ErrArchived        = errs.New(errs.Conflict, "project_archived", "the project is archived and therefore read-only")
	ErrAssignee        = errs.InvalidField("assignee_id",
		"must be an active user, and in a project of an organisation one of its members")
)

// Task is a piece of work in a project.
type Task struct {
	state   State
	project Project
}

// State holds all fields of a task: what the store keeps and the API shows.
type State struct {
	ID          ids.ID
	ProjectID   ids.ID
	Title       string
	Description string
	Status      Status
	Priority    Priority
	AssigneeID  *ids.ID    // nil: nobody
	DueAt       *time.Time // nil: whenever
	CompletedAt *time.Time // when it became done; nil exactly while it is not
	CreatedBy   ids.ID
	Version     int64 // incremented by each change, starting at 1
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NewTask creates a task in the project from a draft. It fails with [ErrAssignee] if the draft names an assignee and
// assignable is false, and with [ErrArchived] if the project is archived.
func NewTask(id, createdBy ids.ID, project Project, draft Draft, assignable bool, now time.Time) (*Task, error) {
	switch {
	case draft.assigneeID != nil && !assignable:
		return nil, ErrAssignee
	case project.Archived:
		return nil, ErrArchived
	}
	state := State{
		ID: id, ProjectID: project.ID, Title: draft.title, Description: draft.description, Priority: draft.priority,
		AssigneeID: draft.assigneeID, DueAt: draft.dueAt, CreatedBy: createdBy,
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	state.moveTo(draft.status, now)
	return &Task{state, project}, nil
}

// Restore returns a stored task with the project that it is in. It checks nothing: only valid tasks are stored.
func Restore(state State, project Project) *Task { return &Task{state, project} }

// State returns a copy of the task's fields.
func (t *Task) State() State { return t.state }

// Project returns the project that the task is in.
func (t *Task) Project() Project { return t.project }

// AssignedTo reports whether the user is the assignee.
func (s State) AssignedTo(userID ids.ID) bool { return s.AssigneeID != nil && *s.AssigneeID == userID }

// Apply changes the task. That the caller may do so has been checked. A change that alters nothing keeps the version.
// Otherwise it fails with [ErrAssignee] if there is a new assignee who is not assignable, and with [ErrArchived] if
// the project is archived.
func (t *Task) Apply(c Change, assignable bool, now time.Time) error {
	next := t.state
	if c.title != nil {
		next.Title = *c.title
	}
	if c.description != nil {
		next.Description = *c.description
	}
	if c.priority != nil {
		next.Priority = *c.priority
	}
	if c.status != nil {
		next.moveTo(*c.status, now)
	}
	if c.assigneeID.Set {
		next.AssigneeID = c.assigneeID.Value
	}
	if c.dueAt.Set {
		next.DueAt = c.dueAt.Value
	}
	if next.AssigneeID != nil && !assignable && !SameValue(next.AssigneeID, t.state.AssigneeID) {
		return ErrAssignee
	}
	return t.become(next, now)
}

// Complete sets whether the task is done; nil toggles. Setting what is already the case changes nothing: a task in
// progress that is set to not done stays in progress. It fails with [ErrArchived] if it would change a task of an
// archived project.
func (t *Task) Complete(done *bool, now time.Time) error {
	isDone := t.state.Status == Done
	if done != nil && *done == isDone {
		return nil
	}
	next := t.state
	if isDone {
		next.moveTo(Todo, now)
	} else {
		next.moveTo(Done, now)
	}
	return t.become(next, now)
}

// CheckDeletable fails with [ErrArchived] if the project is archived.
func (t *Task) CheckDeletable() error {
	if t.project.Archived {
		return ErrArchived
	}
	return nil
}

func (t *Task) become(next State, now time.Time) error {
	switch {
	case next.equal(t.state):
		return nil
	case t.project.Archived:
		return ErrArchived
	}
	next.Version++
	next.UpdatedAt = now
	t.state = next
	return nil
}

// moveTo sets the status, and CompletedAt with it. Any change of status is allowed.
func (s *State) moveTo(status Status, now time.Time) {
	switch {
	case status != Done:
		s.CompletedAt = nil
	case s.Status != Done:
		s.CompletedAt = &now
	}
	s.Status = status
}

// equal compares the fields that users can change. CompletedAt follows from Status.
func (s State) equal(o State) bool {
	return s.Title == o.Title && s.Description == o.Description && s.Status == o.Status && s.Priority == o.Priority &&
		SameValue(s.AssigneeID, o.AssigneeID) && SameValue(s.DueAt, o.DueAt)
}

// SameValue reports whether both pointers are nil or point to equal values. Times are in one form (clock.Normal), so
// that == compares them.
func SameValue[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
