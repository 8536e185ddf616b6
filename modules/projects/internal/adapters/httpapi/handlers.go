package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/projects/internal/application"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
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
	ID ids.ID `path:"id" format:"uuid" doc:"The project's id."`
}

type listInput struct {
	httpserver.ListInput
	Status         string                      `query:"status" enum:"active,archived" doc:"Only projects with this status."`
	OrganizationID httpserver.Optional[ids.ID] `query:"organization_id" doc:"Only projects of this organisation."`
	Text           string                      `query:"q" maxLength:"200" doc:"Only projects with this in name or description, in any case and however accents are spelled."` //nolint:lll // a tag
	Scope          string                      `query:"scope" enum:"own,all" default:"own" doc:"all: everybody's, for system admins."`
	Sort           string                      `query:"sort" enum:"created_at,-created_at,updated_at,-updated_at,name,-name" default:"-created_at" doc:"The order; - is descending."` //nolint:lll // a tag
}

func (h handlers) list(ctx context.Context, in *listInput) (*httpserver.List[project], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	filter := ports.Filter{OrganizationID: in.OrganizationID.Pointer(), Text: in.Text}
	if in.Status != "" {
		filter.Status = new(domain.Status(in.Status))
	}
	list := h.service.ListOwn
	if in.Scope == "all" {
		list = h.service.ListAll
	}
	p, err := list(ctx, auth.Must(ctx), filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
}

type createInput struct {
	httpserver.Idempotent
	Body struct {
		Name           string                 `json:"name" example:"Website relaunch" doc:"1 to 200 characters."`
		Description    string                 `json:"description,omitempty" example:"Everything until May." doc:"At most 10 000 characters."`
		OrganizationID patch.Nullable[ids.ID] `json:"organization_id,omitzero" doc:"An organisation of which the caller is an owner or admin, or any for a system admin; null, or absent: a personal project. It never changes."` //nolint:lll // a tag
	}
}

func (h handlers) create(ctx context.Context, in *createInput) (*httpserver.Resource[project], error) {
	draft, err := domain.NewDraft(in.Body.Name, in.Body.Description, in.Body.OrganizationID.Value)
	if err != nil {
		return nil, err
	}
	caller := auth.Must(ctx)
	return idempotency.Create(ctx, h.keys,
		func(ctx context.Context, _ project) error { return h.service.AuthorizeCreate(ctx, caller, draft) },
		func(ctx context.Context) (*httpserver.Resource[project], error) {
			p, err := h.service.Create(ctx, caller, draft)
			if err != nil {
				return nil, err
			}
			state := p.State()
			return httpserver.Created("/api/v1/projects/"+state.ID.String(), state.Version, shown(state)), nil
		})
}

func (h handlers) get(ctx context.Context, in *Path) (*httpserver.Resource[project], error) {
	return answer(h.service.Get(ctx, auth.Must(ctx), in.ID))
}

type updateInput struct {
	Path
	httpserver.IfMatch
	Body struct {
		Name        *string `json:"name,omitempty" example:"Website relaunch" doc:"1 to 200 characters."`
		Description *string `json:"description,omitempty" doc:"At most 10 000 characters."`
		Status      *string `json:"status,omitempty" enum:"active,archived" example:"archived"`
	}
}

func (h handlers) update(ctx context.Context, in *updateInput) (*httpserver.Resource[project], error) {
	change, err := domain.NewChange(in.Body.Name, in.Body.Description, in.Body.Status)
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

func answer(p *domain.Project, err error) (*httpserver.Resource[project], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(p.State().Version, shown(p.State())), nil
}
