package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
)

type forgotInput struct {
	Body struct {
		Email string `json:"email" example:"ada@example.com"`
	}
}

func (h handlers) forgotPassword(ctx context.Context, in *forgotInput) (*struct{}, error) {
	return nil, h.service.ForgotPassword(ctx, in.Body.Email)
}

type resetInput struct {
	Body struct {
		Token       string `json:"token" format:"password" doc:"The token out of the mail."`
		NewPassword string `json:"new_password" example:"seven grey owls listen" format:"password" doc:"8 to 128 characters of any kind, not easy to guess."` //nolint:lll // a tag
	}
}

func (h handlers) resetPassword(ctx context.Context, in *resetInput) (*struct{}, error) {
	return nil, h.service.ResetPassword(ctx, in.Body.Token, in.Body.NewPassword)
}

type verifyInput struct {
	Body struct {
		Token string `json:"token" format:"password" doc:"The token out of the mail."`
	}
}

func (h handlers) verifyEmail(ctx context.Context, in *verifyInput) (*struct{}, error) {
	return nil, h.service.VerifyEmail(ctx, in.Body.Token)
}

type verificationInput struct {
	Body *struct {
		Email *string `json:"email,omitempty" example:"ada@example.com" doc:"The account's address; absent: the caller's account."`
	}
}

// resendVerification is a public route: whoever cannot log in yet may name an address. Without one it checks the access
// token itself.
func (h handlers) resendVerification(ctx context.Context, in *verificationInput) (*struct{}, error) {
	if in.Body != nil && in.Body.Email != nil {
		return nil, h.service.ResendVerification(ctx, *in.Body.Email)
	}
	who, err := h.who.Authenticate(ctx, httpserver.BearerToken(ctx))
	if err != nil {
		return nil, err
	}
	return nil, h.service.ResendMyVerification(ctx, who)
}
