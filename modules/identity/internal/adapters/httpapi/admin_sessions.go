package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// anySession is a session as an admin sees it.
type anySession struct {
	OwnSession
	UserID      ids.ID                `json:"user_id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Email       string                `json:"email" example:"ada@example.com" doc:"The user's address."`
	DisplayName string                `json:"display_name" example:"Ada Lovelace" doc:"The user's name."`
	Active      bool                  `json:"active" example:"true" doc:"Whether it has neither ended nor expired."`
	EndedAt     *httpserver.Timestamp `json:"ended_at" nullable:"true" doc:"When it was ended; null: it was not, but may have expired."`
	EndReason   *string               `json:"end_reason" nullable:"true" example:"logout" doc:"Why it was ended: logout, replay, admin, password or deactivated; null: it was not."` //nolint:lll // a tag
}

func shownToAdmin(who auth.Principal) func(ports.ListedSession) anySession {
	shown := shownTo(who)
	return func(l ports.ListedSession) anySession {
		state := l.Session.State()
		s := anySession{
			OwnSession: shown(l.Session), UserID: state.UserID, Email: l.Email, DisplayName: l.DisplayName, Active: l.Alive,
		}
		if state.EndedAt != nil {
			s.EndedAt, s.EndReason = new(httpserver.Timestamp(*state.EndedAt)), &state.EndReason
		}
		return s
	}
}

type allSessionsInput struct {
	httpserver.ListInput
	UserID httpserver.Optional[ids.ID] `query:"user_id" doc:"Only sessions of this user."`
	Active httpserver.Optional[bool]   `query:"active" doc:"Only sessions that are alive, or that have ended or expired."`
}

func (h handlers) sessions(ctx context.Context, in *allSessionsInput) (*httpserver.List[anySession], error) {
	request, err := in.Request(ctx, h.cursors, "-created_at")
	if err != nil {
		return nil, err
	}
	who := auth.Must(ctx)
	filter := ports.SessionFilter{UserID: in.UserID.Pointer(), Alive: in.Active.Pointer()}
	p, err := h.service.Sessions(ctx, who, filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shownToAdmin(who)), nil
}

func (h handlers) endSession(ctx context.Context, in *SessionPath) (*struct{}, error) {
	return nil, h.service.EndSession(ctx, auth.Must(ctx), in.ID)
}
