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

// Comment is what somebody has to say about a task.
type Comment struct {
	state State
	task  Task
}

// State is all that a comment is made of: what the store keeps and the API shows.
type State struct {
	ID        ids.ID
	TaskID    ids.ID
	AuthorID  ids.ID
	Body      string
	Version   int64 // counts changes by people, from 1
	CreatedAt time.Time
	UpdatedAt time.Time
}

var bodyRule = text.Rule{Name: "body", Min: 1, Max: 10_000}

// Draft is what a comment says or is to say; it is valid.
type Draft struct{ body string }

// NewDraft checks it and reports what is refused.
func NewDraft(body string) (Draft, error) {
	clean, bad := bodyRule.Check(body)
	return Draft{clean}, errs.InvalidFields(bad...)
}

// Change is what somebody wants to be different; it is valid. What is nil stays.
type Change struct{ body *string }

// NewChange checks it and reports what is refused.
func NewChange(body *string) (Change, error) {
	if body == nil {
		return Change{}, nil
	}
	clean, bad := bodyRule.Check(*body)
	return Change{&clean}, errs.InvalidFields(bad...)
}

// New makes a comment on a task out of a draft. In an archived project there are no new ones ([ErrArchived]).
func New(id, authorID ids.ID, task Task, draft Draft, now time.Time) (*Comment, error) {
	if task.Project.Archived {
		return nil, ErrArchived
	}
	return &Comment{task: task, state: State{
		ID: id, TaskID: task.ID, AuthorID: authorID, Body: draft.body, Version: 1, CreatedAt: now, UpdatedAt: now,
	}}, nil
}

// Restore brings a comment back from storage, where only valid ones are, together with its task.
func Restore(state State, task Task) *Comment { return &Comment{state, task} }

// State returns a copy of what the comment is made of.
func (c *Comment) State() State { return c.state }

// Task returns the task that the comment is about.
func (c *Comment) Task() Task { return c.task }

// Apply changes the comment as its author wishes. A change that changes nothing leaves its version alone. In an
// archived project nothing is changed ([ErrArchived]).
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

// CheckDeletable fails with [ErrArchived] in an archived project.
func (c *Comment) CheckDeletable() error {
	if c.task.Project.Archived {
		return ErrArchived
	}
	return nil
}
