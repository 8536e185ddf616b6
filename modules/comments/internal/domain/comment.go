// Package domain says what a comment is and what may be done with it.
package domain

import (
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// The refusals of this module.
var (
	ErrNotFound     = errs.NotFoundf("there is no such comment")
	ErrTaskNotFound = errs.NotFoundf("there is no such task")
	ErrArchived     = errs.New(errs.Conflict, "project_archived", "the project is archived and therefore read-only")
)

// Comment is a user's text about a task.
type Comment struct {
	state State
	task  Task
}

// State holds all fields of a comment: what the store keeps and the API shows.
type State struct {
	ID        ids.ID
	TaskID    ids.ID
	AuthorID  ids.ID
	Body      string
	Version   int64 // incremented by each change, starting at 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

var bodyRule = text.Rule{Name: "body", Min: 1, Max: 10_000}

// Draft is the validated content of a new comment.
type Draft struct{ body string }

// NewDraft validates the body.
func NewDraft(body string) (Draft, error) {
	clean, bad := bodyRule.Check(body)
	return Draft{clean}, errs.InvalidFields(bad...)
}

// Change is a validated partial update. A field that is nil stays as it is.
type Change struct{ body *string }

// NewChange validates the body, unless it is nil.
func NewChange(body *string) (Change, error) {
	if body == nil {
		return Change{}, nil
	}
	clean, bad := bodyRule.Check(*body)
	return Change{&clean}, errs.InvalidFields(bad...)
}

// NewComment creates a comment on a task from a draft. It fails with [ErrArchived] if the project is archived.
func NewComment(id, authorID ids.ID, task Task, draft Draft, now time.Time) (*Comment, error) {
	if task.Project.Archived {
		return nil, ErrArchived
	}
	return &Comment{task: task, state: State{
		ID: id, TaskID: task.ID, AuthorID: authorID, Body: draft.body, Version: 1, CreatedAt: now, UpdatedAt: now,
	}}, nil
}

// Restore returns a stored comment with its task. It checks nothing: only valid comments are stored.
func Restore(state State, task Task) *Comment { return &Comment{state, task} }

// State returns a copy of the comment's fields.
func (c *Comment) State() State { return c.state }

// Task returns the task that the comment is about.
func (c *Comment) Task() Task { return c.task }

// Apply changes the comment. That the caller may do so has been checked. A change that alters nothing keeps the
// version. Any other fails with [ErrArchived] if the project is archived.
func (c *Comment) Apply(change Change, now time.Time) error {
	next := c.state
	if change.body != nil {
		next.Body = *change.body
	}
	switch {
	case next == c.state:
		return nil
	case c.task.Project.Archived:
		return ErrArchived
	}
	next.Version++
	next.UpdatedAt = now
	c.state = next
	return nil
}

// CheckDeletable fails with [ErrArchived] if the project is archived.
func (c *Comment) CheckDeletable() error {
	if c.task.Project.Archived {
		return ErrArchived
	}
	return nil
}
