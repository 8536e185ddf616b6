package ws

import (
	"encoding/json"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// message is what the server says.
type message struct {
	Type      string               `json:"type"`
	ID        ids.ID               `json:"id,omitzero"`
	Seq       *int64               `json:"seq,omitempty"`
	Timestamp httpserver.Timestamp `json:"timestamp,omitzero"`
	Data      any                  `json:"data,omitempty"`
}

var (
	resyncRequired = encode(message{Type: "resync_required"})
	authenticated  = encode(message{Type: "authenticated"})
)

// ready is the first message: whose socket it is, and after which number of the feed it goes on.
func ready(who auth.Principal, seq int64, now time.Time) []byte {
	return encode(message{
		Type: "ready", Seq: &seq, Timestamp: httpserver.Timestamp(now),
		Data: struct {
			UserID    ids.ID `json:"user_id"`
			SessionID ids.ID `json:"session_id"`
		}{who.UserID, who.SessionID},
	})
}

func notified(n domain.Notification) []byte {
	return encode(message{
		Type: string(n.Type), ID: n.ID, Seq: &n.Seq, Timestamp: httpserver.Timestamp(n.CreatedAt), Data: n.Data,
	})
}

func failure(code, text string) []byte {
	return encode(message{
		Type: "error",
		Data: struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{code, text},
	})
}

func encode(m message) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic("notifications: a message does not marshal: " + err.Error())
	}
	return text
}
