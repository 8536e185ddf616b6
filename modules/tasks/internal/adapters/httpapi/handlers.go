package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/tasks/internal/application"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/patch"
)

type handlers struct {
	service *application.Service
	cursors *page.Codec
	keys    *idempotency.Keys
}

// Path is exported because huma does not look into what is embedded otherwise.
type Path struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The task's id."`
}

func (h handlers) get(ctx context.Context, in *Path) (*httpserver.Resource[task], error) {
	return answer(h.service.Get(ctx, auth.Must(ctx), in.ID))
}

// newTask is what makes a task, wherever it goes.
type newTask struct {
	Title       string                               `json:"title" example:"Write the minutes" doc:"1 to 500 characters."`
	Description *string                              `json:"description,omitempty" example:"By Friday, please." doc:"At most 10 000 characters."`             //nolint:lll // a tag
	Status      *string                              `json:"status,omitempty" enum:"todo,in_progress,done" example:"todo" doc:"todo, if absent."`             //nolint:lll // a tag
	Priority    *string                              `json:"priority,omitempty" enum:"low,medium,high" example:"medium" doc:"medium, if absent."`             //nolint:lll // a tag
	AssigneeID  patch.Nullable[ids.ID]               `json:"assignee_id,omitzero" doc:"An active user; in a project of an organisation, one of its members."` //nolint:lll // a tag
	DueAt       patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero"`
}

func (b newTask) draft() (domain.Draft, error) {
	return domain.NewDraft(domain.Fields{
		Title: &b.Title, Description: b.Description, Status: b.Status, Priority: b.Priority,
		AssigneeID: b.AssigneeID, DueAt: httpserver.PatchTime(b.DueAt),
	})
}

type createInProjectInput struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The project's id."`
	httpserver.Idempotent
	Body newTask
}

func (h handlers) createInProject(ctx context.Context, in *createInProjectInput) (*httpserver.Resource[task], error) {
	draft, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	caller := auth.Must(ctx)
	return idempotency.Create(ctx, h.keys,
		func(ctx context.Context, _ task) error { return h.service.AuthorizeCreateIn(ctx, caller, in.ID) },
		func(ctx context.Context) (*httpserver.Resource[task], error) {
			return created(h.service.CreateIn(ctx, caller, in.ID, draft))
		})
}

type createPersonalInput struct {
	httpserver.Idempotent
	Body newTask
}

func (h handlers) createPersonal(ctx context.Context, in *createPersonalInput) (*httpserver.Resource[task], error) {
	draft, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	return idempotency.Create(ctx, h.keys, nil, func(ctx context.Context) (*httpserver.Resource[task], error) {
		return created(h.service.CreatePersonal(ctx, auth.Must(ctx), draft))
	})
}

type updateInput struct {
	Path
	httpserver.IfMatch
	Body struct {
		Title       *string                              `json:"title,omitempty" example:"Write the minutes" doc:"1 to 500 characters."` //nolint:lll // a tag
		Description *string                              `json:"description,omitempty" doc:"At most 10 000 characters."`
		Status      *string                              `json:"status,omitempty" enum:"todo,in_progress,done" example:"in_progress"` //nolint:lll // a tag
		Priority    *string                              `json:"priority,omitempty" enum:"low,medium,high" example:"high"`
		AssigneeID  patch.Nullable[ids.ID]               `json:"assignee_id,omitzero" doc:"An active user, in a project of an organisation one of its members; null: nobody."` //nolint:lll // a tag
		DueAt       patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero" doc:"null: whenever."`
	}
}

func (h handlers) update(ctx context.Context, in *updateInput) (*httpserver.Resource[task], error) {
	change, err := domain.NewChange(domain.Fields{
		Title: in.Body.Title, Description: in.Body.Description, Status: in.Body.Status, Priority: in.Body.Priority,
		AssigneeID: in.Body.AssigneeID, DueAt: httpserver.PatchTime(in.Body.DueAt),
	})
	if err != nil {
		return nil, err
	}
	return answer(h.service.Change(ctx, auth.Must(ctx), in.ID, change, in.Precondition()))
}

type completeInput struct {
	Path
	httpserver.IfMatch
	Body *completion
}

type completion struct {
	Completed bool `json:"completed" doc:"Whether the task is done."`
}

func (h handlers) complete(ctx context.Context, in *completeInput) (*httpserver.Resource[task], error) {
	var done *bool
	if in.Body != nil {
		done = &in.Body.Completed
	}
	return answer(h.service.Complete(ctx, auth.Must(ctx), in.ID, done, in.Precondition()))
}

type deleteInput struct {
	Path
	httpserver.IfMatch
}

func (h handlers) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	return nil, h.service.Delete(ctx, auth.Must(ctx), in.ID, in.Precondition())
}

func created(t *domain.Task, err error) (*httpserver.Resource[task], error) {
	if err != nil {
		return nil, err
	}
	state := t.State()
	return httpserver.Created("/api/v1/tasks/"+state.ID.String(), state.Version, shown(state)), nil
}

func answer(t *domain.Task, err error) (*httpserver.Resource[task], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(t.State().Version, shown(t.State())), nil
}
