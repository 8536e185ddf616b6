package httpapi

import (
	"encoding/json"
	"fmt"
	stdpath "path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/ids"
)

// notification is a notification as the API shows it.
type notification struct {
	ID        ids.ID                `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Seq       int64                 `json:"seq" minimum:"1" example:"42" doc:"Its number in the feed: 1, 2, 3… without a gap."`
	Type      kind                  `json:"type" example:"task_assigned"`
	Data      data                  `json:"data"`
	CreatedAt httpserver.Timestamp  `json:"created_at"`
	ReadAt    *httpserver.Timestamp `json:"read_at" nullable:"true" doc:"null: unread."`
}

func shown(n domain.Notification) notification {
	return notification{
		ID: n.ID, Seq: n.Seq, Type: kind(n.Type), Data: data{n.Data},
		CreatedAt: httpserver.Timestamp(n.CreatedAt), ReadAt: httpserver.TimestampOf(n.ReadAt),
	}
}

// kind is the type of a notification.
type kind domain.Type

// Schema lists the types.
func (kind) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, t := range domain.Types() {
		s.Enum = append(s.Enum, string(t))
	}
	return s
}

// data is the JSON that is kept, as it is.
type data struct{ json json.RawMessage }

// MarshalJSON returns the bytes as they are.
func (d data) MarshalJSON() ([]byte, error) { return d.json, nil }

// Schema documents the shape of each type.
func (data) Schema(r huma.Registry) *huma.Schema {
	one := &huma.Schema{Description: "What it is about, by the type."}
	of := map[string][]string{} // the types, by reference to their shape
	for _, t := range domain.Types() {
		shape := r.Schema(reflect.TypeOf(t.Data()), true, "")
		if of[shape.Ref] == nil {
			one.AnyOf = append(one.AnyOf, shape)
		}
		of[shape.Ref] = append(of[shape.Ref], string(t))
	}
	for _, shape := range one.AnyOf {
		one.Description += fmt.Sprintf(" %s: %s.", strings.Join(of[shape.Ref], ", "), stdpath.Base(shape.Ref))
	}
	return one
}

// ticket is what opens one socket or event stream.
type ticket struct {
	Ticket    string `json:"ticket" example:"4XKQ2ZLJ6W7VTN3PBYHA5DGRCE" doc:"For the parameter ticket."`
	ExpiresIn int    `json:"expires_in" example:"30" doc:"Seconds within which it can be used, once."`
}
