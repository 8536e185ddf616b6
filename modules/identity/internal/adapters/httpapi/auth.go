package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/application"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/page"
)

type handlers struct {
	service *application.Service
	who     auth.Authenticator
	cursors *page.Codec
}

// Origin returns where the request of ctx came from.
func Origin(ctx context.Context) domain.Origin {
	return domain.Origin{
		Device:    domain.NewDevice(httpserver.ClientIP(ctx), httpserver.UserAgent(ctx)),
		RequestID: httpserver.RequestID(ctx),
	}
}

type registerInput struct {
	Body struct {
		Email       string  `json:"email" example:"ada@example.com" doc:"At most 254 bytes."`
		Password    string  `json:"password" example:"correct horse battery staple" format:"password" doc:"8 to 128 characters of any kind, not easy to guess."` //nolint:lll // a tag
		DisplayName *string `json:"display_name,omitempty" example:"Ada Lovelace" doc:"1 to 100 characters."`
	}
}

func (h handlers) register(ctx context.Context, in *registerInput) (*httpserver.Resource[ownUser], error) {
	u, err := h.service.Register(ctx, in.Body.Email, in.Body.Password, in.Body.DisplayName)
	if err != nil {
		return nil, err
	}
	state := u.State()
	return httpserver.Created("/api/v1/users/"+state.ID.String(), state.Version, shownToSelf(u)), nil
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" example:"ada@example.com"`
		Password string `json:"password" example:"correct horse battery staple" format:"password" doc:"1 to 1024 bytes."`
	}
}

func (h handlers) login(ctx context.Context, in *loginInput) (*tokensOutput, error) {
	return granted(h.service.Login(ctx, in.Body.Email, in.Body.Password, Origin(ctx).Device))
}

type refreshInput struct {
	Body struct {
		RefreshToken string `json:"refresh_token" format:"password"`
	}
}

func (h handlers) refresh(ctx context.Context, in *refreshInput) (*tokensOutput, error) {
	return granted(h.service.Refresh(ctx, in.Body.RefreshToken))
}

type logoutInput struct {
	Body *struct {
		RefreshToken *string `json:"refresh_token,omitempty" format:"password" doc:"Used when no live access token is sent."`
	}
}

// logout is a public route. It checks the access token itself, because a refresh token in the body is enough as
// well.
func (h handlers) logout(ctx context.Context, in *logoutInput) (*struct{}, error) {
	principal, err := h.who.Authenticate(ctx, httpserver.BearerToken(ctx))
	if err == nil {
		return nil, h.service.Logout(ctx, principal.SessionID)
	}
	if in.Body != nil && in.Body.RefreshToken != nil {
		return nil, h.service.LogoutWith(ctx, *in.Body.RefreshToken)
	}
	return nil, err
}
