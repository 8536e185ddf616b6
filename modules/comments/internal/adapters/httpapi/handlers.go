package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/comments/internal/application"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

type handlers struct {
	service *application.Service
	cursors *page.Codec
	keys    *idempotency.Keys
}

// CommentPath is exported, as [TaskPath] is, because huma does not look into what is embedded otherwise.
type CommentPath struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The comment's id."`
}

// TaskPath is the path of what belongs to a task.
type TaskPath struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The task's id."`
}

func (h handlers) get(ctx context.Context, in *CommentPath) (*httpserver.Resource[comment], error) {
	c, err := h.service.Get(ctx, auth.Must(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return httpserver.OK(c.Version, shown(c)), nil
}

type listInput struct {
	TaskPath
	httpserver.ListInput
	Sort string `query:"sort" enum:"created_at,-created_at" default:"created_at" doc:"The order; - is descending."`
}

func (h handlers) list(ctx context.Context, in *listInput) (*httpserver.List[comment], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	p, err := h.service.List(ctx, auth.Must(ctx), in.ID, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
}

type createInput struct {
	TaskPath
	httpserver.Idempotent
	Body struct {
		Body string `json:"body" example:"The roses go to the left of the gate." doc:"1 to 10 000 characters."`
	}
}

func (h handlers) create(ctx context.Context, in *createInput) (*httpserver.Resource[comment], error) {
	draft, err := domain.NewDraft(in.Body.Body)
	if err != nil {
		return nil, err
	}
	caller := auth.Must(ctx)
	return idempotency.Create(ctx, h.keys,
		func(ctx context.Context, _ comment) error { return h.service.AuthorizeAdd(ctx, caller, in.ID) },
		func(ctx context.Context) (*httpserver.Resource[comment], error) {
			c, err := h.service.Add(ctx, caller, in.ID, draft)
			if err != nil {
				return nil, err
			}
			state := c.State()
			return httpserver.Created("/api/v1/comments/"+state.ID.String(), state.Version, shown(state)), nil
		})
}

type updateInput struct {
	CommentPath
	httpserver.IfMatch
	Body struct {
		Body *string `json:"body,omitempty" example:"The roses go to the right." doc:"1 to 10 000 characters."`
	}
}

func (h handlers) update(ctx context.Context, in *updateInput) (*httpserver.Resource[comment], error) {
	change, err := domain.NewChange(in.Body.Body)
	if err != nil {
		return nil, err
	}
	c, err := h.service.Change(ctx, auth.Must(ctx), in.ID, change, in.Precondition())
	if err != nil {
		return nil, err
	}
	state := c.State()
	return httpserver.OK(state.Version, shown(state)), nil
}

type deleteInput struct {
	CommentPath
	httpserver.IfMatch
}

func (h handlers) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	return nil, h.service.Delete(ctx, auth.Must(ctx), in.ID, in.Precondition())
}
