// Package httpapi is the REST API of organisations. This file is its table of contents.
package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/organizations/internal/application"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

const tag = "Organizations"

// Register adds the routes, those that are called most first.
func Register(api *httpserver.API, service *application.Service, cursors *page.Codec, keys *idempotency.Keys) {
	h := handlers{service, cursors, keys}
	api.Group(tag, "Organisations, and who belongs to them.")
	forbidden := errs.Forbiddenf("")

	httpserver.Register(api, httpserver.Operation{
		ID: "get-organization", Method: "GET", Path: "/organizations/{id}", Tag: tag,
		Summary:     "Read an organisation",
		Description: "For its members, and for system admins.",
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-organizations", Method: "GET", Path: "/organizations", Tag: tag,
		Summary: "List organisations",
		Description: "Those that the caller belongs to, newest first. A system admin may ask for everybody's with " +
			"`scope=all`.",
		Errors: []*errs.Error{forbidden},
	}, h.list)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-members", Method: "GET", Path: "/organizations/{id}/members", Tag: tag,
		Summary:     "List the members of an organisation",
		Description: "For its members, and for system admins; newest first.",
	}, h.listMembers)
	httpserver.Register(api, httpserver.Operation{
		ID: "get-member", Method: "GET", Path: "/organizations/{id}/members/{user_id}", Tag: tag,
		Summary:     "Read a membership",
		Description: "For members of the organisation, and for system admins.",
	}, h.getMember)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-organization", Method: "POST", Path: "/organizations", Tag: tag,
		Summary: "Create an organisation",
		Description: "Its owner is the caller. Without a slug one is made of the name, with a suffix if another " +
			"organisation has it already. The answer to a repeated request is 404 for who has left it since.",
		Errors: []*errs.Error{domain.ErrSlugTaken, domain.ErrNotFound},
	}, h.create)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-organization", Method: "PATCH", Path: "/organizations/{id}", Tag: tag,
		Summary:     "Change an organisation",
		Description: "For its owners. Absent members stay as they are.",
		Errors:      []*errs.Error{forbidden, domain.ErrSlugTaken},
	}, h.update)
	httpserver.Register(api, httpserver.Operation{
		ID: "delete-organization", Method: "DELETE", Path: "/organizations/{id}", Tag: tag,
		Summary:     "Delete an organisation",
		Description: "For its owners. What belongs to it goes with it, all or nothing.",
		Errors:      []*errs.Error{forbidden},
	}, h.delete)
	httpserver.Register(api, httpserver.Operation{
		ID: "add-member", Method: "POST", Path: "/organizations/{id}/members", Tag: tag, Budget: "members",
		Summary: "Add a member",
		Description: "For owners and admins; only an owner makes owners. Who it is is told by `email` or by `user_id`, " +
			"and must be an active user.",
		Errors: []*errs.Error{forbidden, domain.ErrAlreadyMember},
	}, h.addMember)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-member", Method: "PATCH", Path: "/organizations/{id}/members/{user_id}", Tag: tag,
		Summary:     "Change a member's role",
		Description: "For owners and admins; what concerns owners is for owners. The last owner stays one.",
		Errors:      []*errs.Error{forbidden, domain.ErrLastOwner},
	}, h.updateMember)
	httpserver.Register(api, httpserver.Operation{
		ID: "remove-member", Method: "DELETE", Path: "/organizations/{id}/members/{user_id}", Tag: tag,
		Summary: "Remove a member, or leave",
		Description: "For everybody to leave; for owners and admins to remove others, owners only for owners. The last " +
			"owner stays.",
		Errors: []*errs.Error{forbidden, domain.ErrLastOwner},
	}, h.removeMember)
}
