package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/application"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// User is a user as the API shows them. It is exported for the reason that [SessionPath] is.
type User struct {
	ID            ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Email         string               `json:"email" example:"ada@example.com"`
	DisplayName   string               `json:"display_name" example:"Ada Lovelace"`
	Role          string               `json:"role" enum:"user,admin" example:"user" doc:"admin: may do everything."`
	IsActive      bool                 `json:"is_active" example:"true" doc:"Whether the user can log in."`
	EmailVerified bool                 `json:"email_verified" doc:"Whether the address is known to be the user's."`
	CreatedAt     httpserver.Timestamp `json:"created_at"`
	UpdatedAt     httpserver.Timestamp `json:"updated_at"`
}

// ownUser is a user as they see themselves.
type ownUser struct {
	User
	PendingEmail *string `json:"pending_email" nullable:"true" example:"ada@example.org" doc:"The address that takes the place of email once it is confirmed; null: none."` //nolint:lll // a tag
}

func shownToSelf(u *domain.User) ownUser {
	own := ownUser{User: shown(u)}
	if pending := u.State().PendingEmail; pending != (domain.Email{}) {
		own.PendingEmail = new(pending.String())
	}
	return own
}

func shown(u *domain.User) User {
	s := u.State()
	return User{
		ID: s.ID, Email: s.Email.String(), DisplayName: s.DisplayName, Role: string(s.Role), IsActive: s.IsActive,
		EmailVerified: s.EmailVerified,
		CreatedAt:     httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}

// tokens are a [application.Grant] as the API shows it.
type tokens struct {
	AccessToken      string `json:"access_token" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.…" doc:"To be sent as Authorization: Bearer."`
	RefreshToken     string `json:"refresh_token" example:"eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.…" doc:"To be exchanged once, before it expires."`
	TokenType        string `json:"token_type" enum:"bearer" example:"bearer"`
	ExpiresIn        int64  `json:"expires_in" example:"900" doc:"Seconds until the access token expires."`
	RefreshExpiresIn int64  `json:"refresh_expires_in" example:"604800" doc:"Seconds until the refresh token expires."`
}

type tokensOutput struct{ Body tokens }

func granted(g application.Grant, err error) (*tokensOutput, error) {
	if err != nil {
		return nil, err
	}
	return &tokensOutput{tokens{
		AccessToken: g.AccessToken, RefreshToken: g.RefreshToken, TokenType: "bearer",
		ExpiresIn: int64(g.ExpiresIn.Seconds()), RefreshExpiresIn: int64(g.RefreshExpiresIn.Seconds()),
	}}, nil
}

func answer(u *domain.User, err error) (*httpserver.Resource[User], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(u.State().Version, shown(u)), nil
}

func answerSelf(u *domain.User, err error) (*httpserver.Resource[ownUser], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(u.State().Version, shownToSelf(u)), nil
}
