package ws

import (
	"encoding/json"
	"time"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// What the server says. The AsyncAPI document is made of these types, see channel.go.
type (
	readyMessage struct {
		Type      string               `json:"type"`
		Seq       int64                `json:"seq" minimum:"0" example:"41" doc:"After which number of the feed it goes on."`
		Timestamp httpserver.Timestamp `json:"timestamp"`
		Data      readyData            `json:"data"`
	}

	readyData struct {
		UserID    ids.ID `json:"user_id"`
		SessionID ids.ID `json:"session_id"`
	}

	// notificationMessage has data of the shape that goes with its type.
	notificationMessage[D any] struct {
		Type      string               `json:"type"`
		ID        ids.ID               `json:"id" doc:"The notification's id."`
		Seq       int64                `json:"seq" minimum:"1" example:"42" doc:"Its number in the feed: 1, 2, 3… without a gap."`
		Timestamp httpserver.Timestamp `json:"timestamp" doc:"When it happened."`
		Data      D                    `json:"data"`
	}

	errorMessage struct {
		Type string    `json:"type"`
		Data errorData `json:"data"`
	}

	errorData struct {
		Code    string `json:"code" example:"validation_failed" doc:"What is wrong, for programs. Stable."`
		Message string `json:"message" example:"the seq of an ack is one that was sent" doc:"What is wrong, for people."`
	}

	// bareMessage says nothing but its type.
	bareMessage struct {
		Type string `json:"type"`
	}
)

// What a client may say.
type (
	authenticateMessage struct {
		Type  string `json:"type"`
		Token string `json:"token" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9…" doc:"A newer access token of the same session."`
	}

	ackMessage struct {
		Type string `json:"type"`
		Seq  int64  `json:"seq" minimum:"1" example:"42" doc:"What was sent up to this number has been read."`
	}
)

// The types of messages beside those of notifications.
const (
	typeReady         = "ready"
	typeResync        = "resync_required"
	typeAuthenticated = "authenticated"
	typeError         = "error"

	typeAuthenticate = "authenticate"
	typeAck          = "ack"
)

var (
	resyncRequired = encode(bareMessage{typeResync})
	authenticated  = encode(bareMessage{typeAuthenticated})
)

// ready is the first message: whose socket it is, and after which number of the feed it goes on.
func ready(who auth.Principal, seq int64, now time.Time) []byte {
	return encode(readyMessage{
		Type: typeReady, Seq: seq, Timestamp: httpserver.Timestamp(now), Data: readyData{who.UserID, who.SessionID},
	})
}

func notified(n domain.Notification) []byte {
	return encode(notificationMessage[json.RawMessage]{
		Type: string(n.Type), ID: n.ID, Seq: n.Seq, Timestamp: httpserver.Timestamp(n.CreatedAt), Data: n.Data,
	})
}

func failure(code, text string) []byte {
	return encode(errorMessage{Type: typeError, Data: errorData{code, text}})
}

func encode(message any) []byte {
	text, err := json.Marshal(message)
	if err != nil {
		panic("notifications: a message does not marshal: " + err.Error())
	}
	return text
}
