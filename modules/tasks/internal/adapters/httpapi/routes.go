// Package httpapi is the tasks module's part of the REST API.
package httpapi

import (
	"context"
	"net/http"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/tasks/internal/application"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

const tag = "Tasks"

type handlers struct {
	tasks   *application.Service
	cursors *page.Codec
}

// Register adds the routes of tasks. The hottest come first: the router looks at them in order.
func Register(api *httpserver.API, tasks *application.Service, cursors *page.Codec) {
	h := handlers{tasks, cursors}
	httpserver.Register(api, httpserver.Operation{
		ID: "get-task", Method: http.MethodGet, Path: "/tasks/{id}", Tag: tag, Summary: "Read a task",
		Description: "For who manages or reads its project, and for its assignee.",
		Errors:      []*errs.Error{domain.ErrNotFound},
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-project-tasks", Method: http.MethodGet, Path: "/projects/{id}/tasks", Tag: tag,
		Summary:     "List the tasks of a project",
		Description: "For who manages or reads the project. Being the assignee of one of its tasks is not enough.",
		Errors:      []*errs.Error{domain.ErrProjectNotFound},
	}, h.listInProject)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-tasks", Method: http.MethodGet, Path: "/tasks", Tag: tag, Summary: "List your tasks",
		Description: "The tasks of all personal projects that you own, and those that are assigned to you, each once.",
	}, h.listOwn)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-project-task", Method: http.MethodPost, Path: "/projects/{id}/tasks", Tag: tag,
		Summary: "Create a task in a project", Description: "For who manages the project.",
		Errors: []*errs.Error{domain.ErrProjectNotFound, domain.ErrArchived},
	}, h.createInProject)
	httpserver.Register(api, httpserver.Operation{
		ID: "create-task", Method: http.MethodPost, Path: "/tasks", Tag: tag,
		Summary: "Create a personal task", Description: "It goes into your Inbox.",
	}, h.createPersonal)
	httpserver.Register(api, httpserver.Operation{
		ID: "change-task", Method: http.MethodPatch, Path: "/tasks/{id}", Tag: tag, Summary: "Change a task",
		Description: "For who manages its project, and for its assignee. An absent member stays as it is; `null` " +
			"clears `assignee_id` or `due_at`. Whoever gives a task away may not see it again.",
		Errors: []*errs.Error{domain.ErrNotFound, domain.ErrArchived},
	}, h.change)
	httpserver.Register(api, httpserver.Operation{
		ID: "complete-task", Method: http.MethodPatch, Path: "/tasks/{id}/complete", Tag: tag,
		Summary: "Complete a task, or reopen it",
		Description: "Without a body the task becomes `done`, or `todo` if it was done. With one it becomes what the " +
			"body says, and stays as it is if it is that already: safe to repeat.",
		Errors: []*errs.Error{domain.ErrNotFound, domain.ErrArchived},
	}, h.complete)
	httpserver.Register(api, httpserver.Operation{
		ID: "delete-task", Method: http.MethodDelete, Path: "/tasks/{id}", Tag: tag, Summary: "Delete a task",
		Description: "For who manages its project. Its comments go with it.",
		Errors:      []*errs.Error{domain.ErrNotFound, domain.ErrArchived},
	}, h.delete)
}

func (h handlers) get(ctx context.Context, in *oneTask) (*answer, error) {
	t, err := h.tasks.Get(ctx, auth.Must(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return found(t), nil
}

func (h handlers) createInProject(ctx context.Context, in *newTaskInProject) (*answer, error) {
	draft, err := domain.NewDraft(in.Body.fields())
	if err != nil {
		return nil, err
	}
	t, err := h.tasks.CreateIn(ctx, auth.Must(ctx), in.ID, draft)
	if err != nil {
		return nil, err
	}
	return created(t), nil
}

func (h handlers) createPersonal(ctx context.Context, in *newPersonalTask) (*answer, error) {
	draft, err := domain.NewDraft(in.Body.fields())
	if err != nil {
		return nil, err
	}
	t, err := h.tasks.CreatePersonal(ctx, auth.Must(ctx), draft)
	if err != nil {
		return nil, err
	}
	return created(t), nil
}

func (h handlers) change(ctx context.Context, in *changeOfTask) (*answer, error) {
	change, err := domain.NewChange(in.Body.fields())
	if err != nil {
		return nil, err
	}
	t, err := h.tasks.Change(ctx, auth.Must(ctx), in.ID, change, in.Precondition())
	if err != nil {
		return nil, err
	}
	return found(t), nil
}

func (h handlers) complete(ctx context.Context, in *completionOfTask) (*answer, error) {
	t, err := h.tasks.Complete(ctx, auth.Must(ctx), in.ID, in.done(), in.Precondition())
	if err != nil {
		return nil, err
	}
	return found(t), nil
}

func (h handlers) delete(ctx context.Context, in *deletionOfTask) (*struct{}, error) {
	return nil, h.tasks.Delete(ctx, auth.Must(ctx), in.ID, in.Precondition())
}
