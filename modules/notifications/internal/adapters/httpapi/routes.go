// Package httpapi is the REST API of notifications. This file is its table of contents; the socket is in the package
// ws beside it.
package httpapi

import (
	"net/http"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/notifications/internal/application"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

// Register adds the routes.
func Register(
	api *httpserver.API, service *application.Service, tickets *application.Tickets, cursors *page.Codec,
) {
	h := handlers{service, tickets, cursors}
	api.Group(tag, "What a user is told: as a list, as an event stream and over a socket.")

	httpserver.Register(api, httpserver.Operation{
		ID: "list-notifications", Method: "GET", Path: "/notifications", Tag: tag,
		Summary: "List notifications",
		Description: "The caller's feed, newest first; with `after_seq` what came after that number, oldest first. " +
			"Numbers count 1, 2, 3… per user without a gap. When what came after the number is no longer kept as a " +
			"whole, or the feed has not reached it, the answer is 410 `resync_required`: read the newest page, and go " +
			"on from its greatest number.",
		Errors: []*errs.Error{domain.ErrResync},
	}, h.list)
	httpserver.Register(api, httpserver.Operation{
		ID: "read-notification", Method: "POST", Path: "/notifications/{id}/read", Tag: tag,
		Summary:     "Mark a notification read",
		Description: "Safe to repeat: `read_at` stays the time of the first time.",
	}, h.markRead)
	httpserver.Register(api, httpserver.Operation{
		ID: "read-all-notifications", Method: "POST", Path: "/notifications/read-all", Tag: tag,
		Summary:     "Mark all notifications read",
		Description: "Marks what is in the feed when the request arrives, not what is added meanwhile.",
	}, h.markAllRead)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-ticket", Method: "POST", Path: "/ws/tickets", Tag: tag, Status: http.StatusCreated,
		Summary: "Get a ticket for a socket or an event stream",
		Description: "For browsers, which cannot send a header there: a token in an address may end up in the log of " +
			"some proxy, a used ticket is worth nothing. It opens one connection as the caller, in the session of their " +
			"token, at any node.",
	}, h.createTicket)
}

const tag = "Notifications"
