package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// SessionPath is exported because huma looks into embedded structs only if their name is.
type SessionPath struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The session's id."`
}

// OwnSession is a session as its user sees it. It is exported for the reason that [SessionPath] is.
type OwnSession struct {
	ID         ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	UserAgent  string               `json:"user_agent" example:"Mozilla/5.0 (X11; Linux x86_64)" doc:"What the client called itself at login."`
	IP         string               `json:"ip" example:"192.0.2.7" doc:"The address of the login."`
	CreatedAt  httpserver.Timestamp `json:"created_at" doc:"When the login was."`
	LastUsedAt httpserver.Timestamp `json:"last_used_at" doc:"When its tokens were last refreshed; written at most once a minute."`
	ExpiresAt  httpserver.Timestamp `json:"expires_at" doc:"When it ends unless its tokens are refreshed before."`
	Current    bool                 `json:"current" doc:"Whether this request belongs to it."`
}

func shownTo(who auth.Principal) func(*domain.Session) OwnSession {
	return func(session *domain.Session) OwnSession {
		s := session.State()
		return OwnSession{
			ID: s.ID, UserAgent: s.Device.UserAgent, IP: s.Device.IP, CreatedAt: httpserver.Timestamp(s.CreatedAt),
			LastUsedAt: httpserver.Timestamp(s.LastUsedAt), ExpiresAt: httpserver.Timestamp(s.ExpiresAt),
			Current: s.ID == who.SessionID,
		}
	}
}

type sessionsInput struct {
	httpserver.ListInput
	Sort string `query:"sort" enum:"created_at,-created_at" default:"-created_at" doc:"The order; - is descending."`
}

func (h handlers) mySessions(ctx context.Context, in *sessionsInput) (*httpserver.List[OwnSession], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	who := auth.Must(ctx)
	p, err := h.service.MySessions(ctx, who, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shownTo(who)), nil
}

func (h handlers) endMySession(ctx context.Context, in *SessionPath) (*struct{}, error) {
	return nil, h.service.EndMySession(ctx, auth.Must(ctx), in.ID)
}

func (h handlers) logoutAll(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, h.service.LogoutAll(ctx, auth.Must(ctx))
}
