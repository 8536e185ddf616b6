// Package httpapi is the REST API of comments. This file is its table of contents.
package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/comments/internal/application"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

const tag = "Comments"

// Register adds the routes, those that are called most first.
func Register(api *httpserver.API, service *application.Service, cursors *page.Codec, keys *idempotency.Keys) {
	h := handlers{service, cursors, keys}
	api.Group(tag, "What is said about a task.")

	httpserver.Register(api, httpserver.Operation{
		ID: "list-comments", Method: "GET", Path: "/tasks/{id}/comments", Tag: tag,
		Summary:     "List the comments on a task",
		Description: "For those who see the task, oldest first.",
	}, h.list)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-comment", Method: "POST", Path: "/tasks/{id}/comments", Tag: tag,
		Summary:     "Comment on a task",
		Description: "For managers of its project, and for its assignee.",
		Errors:      []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.create)
	httpserver.Register(api, httpserver.Operation{
		ID: "get-comment", Method: "GET", Path: "/comments/{id}", Tag: tag,
		Summary:     "Read a comment",
		Description: "For those who see its task.",
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-comment", Method: "PATCH", Path: "/comments/{id}", Tag: tag,
		Summary:     "Change a comment",
		Description: "For its author, as long as they see its task.",
		Errors:      []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.update)
	httpserver.Register(api, httpserver.Operation{
		ID: "delete-comment", Method: "DELETE", Path: "/comments/{id}", Tag: tag,
		Summary:     "Delete a comment",
		Description: "For its author, as long as they see its task, and for system admins.",
		Errors:      []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.delete)
}
