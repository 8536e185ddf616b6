package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// UserPath is exported because huma looks into embedded structs only if their name is.
type UserPath struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The user's id."`
}

func (h handlers) me(ctx context.Context, _ *struct{}) (*httpserver.Resource[ownUser], error) {
	return answerSelf(h.service.Me(ctx, auth.Must(ctx)))
}

type updateMeInput struct {
	httpserver.IfMatch
	Body struct {
		DisplayName     *string `json:"display_name,omitempty" example:"Ada Lovelace" doc:"1 to 100 characters."`
		Email           *string `json:"email,omitempty" example:"ada@example.org" doc:"At most 254 bytes; it takes current_password."`
		CurrentPassword *string `json:"current_password,omitempty" example:"correct horse battery staple" format:"password" doc:"1 to 1024 bytes; looked at for another address alone."` //nolint:lll // a tag
	}
}

func (h handlers) updateMe(ctx context.Context, in *updateMeInput) (*httpserver.Resource[ownUser], error) {
	change, err := domain.NewOwnChange(in.Body.DisplayName, in.Body.Email)
	if err != nil {
		return nil, err
	}
	return answerSelf(h.service.ChangeMe(ctx, auth.Must(ctx), change, in.Body.CurrentPassword, in.Precondition()))
}

type changePasswordInput struct {
	Body struct {
		CurrentPassword string `json:"current_password" example:"correct horse battery staple" format:"password" doc:"1 to 1024 bytes."`
		NewPassword     string `json:"new_password" example:"seven grey owls listen" format:"password" doc:"8 to 128 characters of any kind, not easy to guess."` //nolint:lll // a tag
	}
}

func (h handlers) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	return nil, h.service.ChangePassword(ctx, auth.Must(ctx), in.Body.CurrentPassword, in.Body.NewPassword)
}

type listInput struct {
	httpserver.ListInput
	Role     string                    `query:"role" enum:"user,admin" doc:"Only users with this role."`
	IsActive httpserver.Optional[bool] `query:"is_active" doc:"Only users who can log in, or who cannot."`
	Query    string                    `query:"q" maxLength:"200" doc:"Part of the address or the name, in any case and however accents are spelled."`
	Sort     string                    `query:"sort" enum:"created_at,-created_at,email,-email" default:"-created_at" doc:"The order; - is descending."` //nolint:lll // a tag
}

func (h handlers) list(ctx context.Context, in *listInput) (*httpserver.List[User], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	filter := ports.UserFilter{Active: in.IsActive.Pointer(), Query: text.Clean(in.Query)}
	if in.Role != "" {
		filter.Role = new(auth.Role(in.Role))
	}
	p, err := h.service.List(ctx, auth.Must(ctx), filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shown), nil
}

func (h handlers) get(ctx context.Context, in *UserPath) (*httpserver.Resource[User], error) {
	return answer(h.service.Get(ctx, auth.Must(ctx), in.ID))
}

type updateInput struct {
	UserPath
	httpserver.IfMatch
	Body struct {
		Role        *string `json:"role,omitempty" enum:"user,admin" example:"admin"`
		IsActive    *bool   `json:"is_active,omitempty" doc:"false ends all sessions of the user."`
		DisplayName *string `json:"display_name,omitempty" example:"Ada Lovelace" doc:"1 to 100 characters."`
	}
}

func (h handlers) update(ctx context.Context, in *updateInput) (*httpserver.Resource[User], error) {
	change, err := domain.NewUserChange(in.Body.DisplayName, in.Body.Role, in.Body.IsActive)
	if err != nil {
		return nil, err
	}
	return answer(h.service.Change(ctx, auth.Must(ctx), in.ID, change, in.Precondition()))
}
