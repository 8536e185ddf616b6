// Package httpapi is the REST API of tasks. This file is its table of contents.
package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/tasks/internal/application"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

const tag = "Tasks"

// Register adds the routes, those that are called most first.
func Register(api *httpserver.API, service *application.Service, cursors *page.Codec, keys *idempotency.Keys) {
	h := handlers{service, cursors, keys}
	api.Group(tag, "What is to be done, by whom and until when.")

	httpserver.Register(api, httpserver.Operation{
		ID: "get-task", Method: "GET", Path: "/tasks/{id}", Tag: tag,
		Summary:     "Read a task",
		Description: "For those who see its project, and for its assignee.",
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-project-tasks", Method: "GET", Path: "/projects/{id}/tasks", Tag: tag,
		Summary: "List the tasks of a project",
		Description: "For those who see the project. To be the assignee of one of its tasks is not enough: see " +
			"`GET /tasks`.",
	}, h.listInProject)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-tasks", Method: "GET", Path: "/tasks", Tag: tag,
		Summary:     "List the caller's tasks",
		Description: "The tasks of the caller's personal projects, and those that are assigned to the caller; each once.",
	}, h.listOwn)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-project-task", Method: "POST", Path: "/projects/{id}/tasks", Tag: tag,
		Summary:     "Create a task in a project",
		Description: "For managers of the project.",
		Errors:      []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.createInProject)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-task", Method: "POST", Path: "/tasks", Tag: tag,
		Summary:     "Create a personal task",
		Description: "It goes into the caller's Inbox.",
	}, h.createPersonal)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-task", Method: "PATCH", Path: "/tasks/{id}", Tag: tag,
		Summary: "Change a task",
		Description: "For managers of its project, and for its assignee. Absent members stay as they are; `null` clears " +
			"`assignee_id` and `due_at`. An assignee who gives the task away gets it in the answer for the last time.",
		Errors: []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.update)
	httpserver.Register(api, httpserver.Operation{
		ID: "complete-task", Method: "PATCH", Path: "/tasks/{id}/complete", Tag: tag,
		Summary: "Complete or reopen a task",
		Description: "Without a body the task becomes `done`, or `todo` if it was `done`. With a body it becomes what the " +
			"body says, and stays as it is if it is that already, so that it is safe to repeat.",
		Errors: []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.complete)
	httpserver.Register(api, httpserver.Operation{
		ID: "delete-task", Method: "DELETE", Path: "/tasks/{id}", Tag: tag,
		Summary:     "Delete a task",
		Description: "For managers of its project. The comments on it go with it.",
		Errors:      []*errs.Error{errs.Forbiddenf(""), domain.ErrArchived},
	}, h.delete)
}
