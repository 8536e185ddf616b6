package events

import (
	"time"

	"fasttrack/shared/ids"
)

// CommentAdded says that somebody commented on a task; it carries what is needed to tell those whom it concerns.
type CommentAdded struct {
	CommentID ids.ID    `json:"comment_id"`
	Author    Person    `json:"author"`
	AsAdmin   bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At        time.Time `json:"at"`

	TaskID         ids.ID  `json:"task_id"`
	TaskTitle      string  `json:"task_title"`
	TaskCreatedBy  ids.ID  `json:"task_created_by"`
	CreatorSees    bool    `json:"creator_sees"` // whether who created the task may still see it
	AssigneeID     *ids.ID `json:"assignee_id"`
	ProjectID      ids.ID  `json:"project_id"`
	ProjectOwnerID ids.ID  `json:"project_owner_id"` // who made it; in an organisation's project that gives no rights
	OrganizationID *ids.ID `json:"organization_id"`  // nil: in a personal project
}

// EventName implements eventbus.Event.
func (CommentAdded) EventName() string { return "comments.comment_added" }

// CommentChanged says that its author wrote a comment anew.
type CommentChanged struct {
	CommentID ids.ID    `json:"comment_id"`
	TaskID    ids.ID    `json:"task_id"`
	ByID      ids.ID    `json:"by_id"`
	At        time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (CommentChanged) EventName() string { return "comments.comment_changed" }

// CommentDeleted says that one comment is gone. It is not published for the comments of a deleted task or project.
type CommentDeleted struct {
	CommentID ids.ID    `json:"comment_id"`
	TaskID    ids.ID    `json:"task_id"`
	AuthorID  ids.ID    `json:"author_id"`
	ByID      ids.ID    `json:"by_id"`
	AsAdmin   bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At        time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (CommentDeleted) EventName() string { return "comments.comment_deleted" }
