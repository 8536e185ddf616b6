// Package domain says what a notification is, who is told of what, and how a feed is numbered.
package domain

import (
	"encoding/json"
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of this module.
var (
	ErrNotFound = errs.NotFoundf("there is no such notification")
	// ErrResync is for a position in a feed from which nobody can go on.
	ErrResync = errs.New(errs.Gone, "resync_required",
		"the feed cannot be continued from there: read it from its newest notification on")
)

// Type says what a notification is about, and with that the shape of its data.
type Type string

// The types.
const (
	TaskAssigned   Type = "task_assigned"
	TaskUnassigned Type = "task_unassigned"
	StatusChanged  Type = "status_changed"
	CommentAdded   Type = "comment_added"
	SessionRevoked Type = "session_revoked"
)

// types is the table of them, each with its data. The OpenAPI document is made of it; that of the socket, and what the
// policy notifies of, are held against it by tests.
var types = []struct {
	name Type
	data any
}{
	{TaskAssigned, TaskData{}},
	{TaskUnassigned, TaskData{}},
	{StatusChanged, StatusData{}},
	{CommentAdded, CommentData{}},
	{SessionRevoked, SessionData{}},
}

// Types lists them all.
func Types() (all []Type) {
	for _, t := range types {
		all = append(all, t.name)
	}
	return all
}

// Data returns an empty value of the data that goes with the type; nil: there is no such type.
func (t Type) Data() any {
	for _, one := range types {
		if one.name == t {
			return one.data
		}
	}
	return nil
}

// Notification is one entry of a user's feed. But for ReadAt it never changes.
type Notification struct {
	ID        ids.ID
	UserID    ids.ID
	Seq       int64 // its place in the feed: 1, 2, 3… without a gap, in the order of the commits
	Type      Type
	Data      json.RawMessage // what the API shows, of the shape that goes with the type
	CreatedAt time.Time
	ReadAt    *time.Time // nil: unread
}

// New makes an unread notification out of a notice. It has no place in the feed until it is appended there.
func New(id ids.ID, n Notice) Notification {
	return Notification{ID: id, UserID: n.To, Type: n.Type, Data: encode(n.Data), CreatedAt: n.At}
}

// IsEndOf reports whether the notification says that the session has ended. It is not shown over that session.
func (n Notification) IsEndOf(sessionID ids.ID) bool {
	if n.Type != SessionRevoked {
		return false
	}
	var data SessionData
	return json.Unmarshal(n.Data, &data) == nil && data.SessionID == sessionID
}

func encode(d any) json.RawMessage {
	text, err := json.Marshal(d)
	if err != nil {
		panic("notifications: data of plain text, ids and numbers does not marshal: " + err.Error())
	}
	return text
}
