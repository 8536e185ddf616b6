package ws

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/domain"
)

// channel describes the socket for the AsyncAPI document, out of the types that are sent and received.
func channel(query []httpserver.Parameter) httpserver.Channel {
	return httpserver.Channel{
		ID: "notifications", Path: "/ws", Summary: "Notifications as they happen", Description: description, Query: query,
		Sent: []httpserver.Message{
			{Name: typeReady, Summary: "The first message: whose socket it is, and where in the feed it begins", Payload: readyMessage{}},
			told[domain.TaskData](domain.TaskAssigned, "A task has become yours"),
			told[domain.TaskData](domain.TaskUnassigned, "A task is yours no longer"),
			told[domain.StatusData](domain.StatusChanged, "A task has moved on"),
			told[domain.CommentData](domain.CommentAdded, "Somebody has commented on a task"),
			told[domain.SessionData](domain.SessionRevoked, "Another session of yours was ended"),
			{Name: typeResync, Summary: "Something is missing before the next notification: read the feed", Payload: bareMessage{}},
			{Name: typeAuthenticated, Summary: "The answer to authenticate", Payload: bareMessage{}},
			{Name: typeError, Summary: "The answer to anything that cannot be done", Payload: errorMessage{}},
		},
		Received: []httpserver.Message{
			{Name: typeAuthenticate, Summary: "Go on with a newer token", Payload: authenticateMessage{}},
			{Name: typeAck, Summary: "Mark read what was sent up to a number", Payload: ackMessage{}},
		},
	}
}

func told[D any](kind domain.Type, summary string) httpserver.Message {
	return httpserver.Message{Name: string(kind), Summary: summary, Payload: notificationMessage[D]{}}
}
