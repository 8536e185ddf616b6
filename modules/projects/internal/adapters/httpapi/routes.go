// Package httpapi is the REST API of projects. This file is its table of contents.
package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/projects/internal/application"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

const tag = "Projects"

// Register adds the routes, those that are called most first.
func Register(api *httpserver.API, service *application.Service, cursors *page.Codec, keys *idempotency.Keys) {
	h := handlers{service, cursors, keys}
	api.Group(tag, "Projects, of a person or of an organisation; each holds tasks.")

	httpserver.Register(api, httpserver.Operation{
		ID: "get-project", Method: "GET", Path: "/projects/{id}", Tag: tag,
		Summary:     "Read a project",
		Description: "For the owner of a personal project, the members of its organisation, and system admins.",
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-projects", Method: "GET", Path: "/projects", Tag: tag,
		Summary: "List projects",
		Description: "The caller's personal projects and those of their organisations, newest first. A system admin may " +
			"ask for everybody's with `scope=all`.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.list)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-project", Method: "POST", Path: "/projects", Tag: tag,
		Summary: "Create a project",
		Description: "Its owner is the caller. It is personal, or with `organization_id` belongs to an organisation, of " +
			"which the caller is an owner or admin. An organisation of which the caller is no member is refused like one " +
			"that does not exist.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.create)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-project", Method: "PATCH", Path: "/projects/{id}", Tag: tag,
		Summary: "Change a project",
		Description: "For its managers: the owner of a personal project, the owners and admins of its organisation, and " +
			"system admins. Absent members stay as they are. An archived project is read-only, with its tasks and comments, " +
			"until its status is `active` again.",
		Errors: []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived, domain.ErrInbox},
	}, h.update)
	httpserver.Register(api, httpserver.Operation{
		ID: "delete-project", Method: "DELETE", Path: "/projects/{id}", Tag: tag,
		Summary: "Delete a project",
		Description: "For its managers. Its tasks and their comments go with it, all or nothing. The Inbox cannot be deleted; " +
			"an archived project can.",
		Errors: []*errs.Error{errs.Forbiddenf(""), domain.ErrInbox},
	}, h.delete)
}
