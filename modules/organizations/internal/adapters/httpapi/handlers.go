package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/organizations/internal/application"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/text"
)

type handlers struct {
	service *application.Service
	cursors *page.Codec
	keys    *idempotency.Keys
}

// Path is exported because huma does not look into what is embedded otherwise.
type Path struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The organisation's id."`
}

type listInput struct {
	httpserver.ListInput
	Scope string `query:"scope" enum:"own,all" default:"own" doc:"all: everybody's, for system admins."`
	Query string `query:"q" maxLength:"200" doc:"Part of the name or the slug, in any case and however accents are spelled."`
	Sort  string `query:"sort" enum:"created_at,-created_at,updated_at,-updated_at,name,-name" default:"-created_at" doc:"The order; - is descending."` //nolint:lll // a tag
}

func (h handlers) list(ctx context.Context, in *listInput) (*httpserver.List[organization], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	filter := ports.Filter{Caller: auth.Must(ctx), All: in.Scope == "all", Query: text.Clean(in.Query)}
	p, err := h.service.List(ctx, filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
}

type createInput struct {
	httpserver.Idempotent
	Body struct {
		Name string  `json:"name" example:"Acme Gardens" doc:"1 to 200 characters."`
		Slug *string `json:"slug,omitempty" example:"acme-gardens" doc:"1 to 63 lower-case letters, digits and hyphens, unique. Without it one is made of the name."` //nolint:lll // a tag
	}
}

func (h handlers) create(ctx context.Context, in *createInput) (*httpserver.Resource[organization], error) {
	draft, err := domain.NewDraft(in.Body.Name, in.Body.Slug)
	if err != nil {
		return nil, err
	}
	caller := auth.Must(ctx)
	return idempotency.Create(ctx, h.keys,
		func(ctx context.Context, made organization) error {
			_, err := h.service.Get(ctx, caller, made.ID) // whoever has left it sees it no more, nor what it was
			return err
		},
		func(ctx context.Context) (*httpserver.Resource[organization], error) {
			seen, err := h.service.Create(ctx, caller, draft)
			if err != nil {
				return nil, err
			}
			state := seen.Organization.State()
			return httpserver.Created("/api/v1/organizations/"+state.ID.String(), state.Version, shown(seen)), nil
		})
}

func (h handlers) get(ctx context.Context, in *Path) (*httpserver.Resource[organization], error) {
	return answer(h.service.Get(ctx, auth.Must(ctx), in.ID))
}

type updateInput struct {
	Path
	httpserver.IfMatch
	Body struct {
		Name *string `json:"name,omitempty" example:"Acme Gardens" doc:"1 to 200 characters."`
		Slug *string `json:"slug,omitempty" example:"acme-gardens" doc:"1 to 63 lower-case letters, digits and hyphens, unique."`
	}
}

func (h handlers) update(ctx context.Context, in *updateInput) (*httpserver.Resource[organization], error) {
	change, err := domain.NewChange(in.Body.Name, in.Body.Slug)
	if err != nil {
		return nil, err
	}
	return answer(h.service.Change(ctx, auth.Must(ctx), in.ID, change, in.Precondition()))
}

type deleteInput struct {
	Path
	httpserver.IfMatch
}

func (h handlers) delete(ctx context.Context, in *deleteInput) (*struct{}, error) {
	return nil, h.service.Delete(ctx, auth.Must(ctx), in.ID, in.Precondition())
}

func answer(seen ports.Seen, err error) (*httpserver.Resource[organization], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(seen.Organization.State().Version, shown(seen)), nil
}
