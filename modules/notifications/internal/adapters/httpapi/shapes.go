package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/ids"
)

// notification is a notification as the API shows it.
type notification struct {
	ID        ids.ID                `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Seq       int64                 `json:"seq" minimum:"1" example:"42" doc:"Its number in the feed: 1, 2, 3… without a gap."`
	Type      string                `json:"type" enum:"task_assigned,task_unassigned,status_changed,comment_added,session_revoked" example:"task_assigned"` //nolint:lll // a tag
	Data      data                  `json:"data" doc:"What it is about; its shape depends on the type."`
	CreatedAt httpserver.Timestamp  `json:"created_at"`
	ReadAt    *httpserver.Timestamp `json:"read_at" nullable:"true" doc:"null: unread."`
}

func shown(n domain.Notification) notification {
	return notification{
		ID: n.ID, Seq: n.Seq, Type: string(n.Type), Data: data{n.Data},
		CreatedAt: httpserver.Timestamp(n.CreatedAt), ReadAt: httpserver.TimestampOf(n.ReadAt),
	}
}

// data is the JSON that is kept, as it is.
type data struct{ json json.RawMessage }

// MarshalJSON returns the bytes as they are.
func (d data) MarshalJSON() ([]byte, error) { return d.json, nil }

// Schema documents the shape of each type.
func (data) Schema(r huma.Registry) *huma.Schema {
	one := &huma.Schema{
		Description: "task_assigned and task_unassigned: TaskData; status_changed: StatusData; " +
			"comment_added: CommentData; session_revoked: SessionData.",
	}
	for _, shape := range []reflect.Type{
		reflect.TypeFor[domain.TaskData](), reflect.TypeFor[domain.StatusData](),
		reflect.TypeFor[domain.CommentData](), reflect.TypeFor[domain.SessionData](),
	} {
		one.AnyOf = append(one.AnyOf, r.Schema(shape, true, ""))
	}
	return one
}

// ticket is what opens one socket or event stream.
type ticket struct {
	Ticket    string `json:"ticket" example:"4XKQ2ZLJ6W7VTN3PBYHA5DGRCE" doc:"For the parameter ticket."`
	ExpiresIn int    `json:"expires_in" example:"30" doc:"Seconds within which it can be used, once."`
}
