package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// auditEntry is an entry of the audit log as the API shows it.
type auditEntry struct {
	ID         ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	At         httpserver.Timestamp `json:"at"`
	ActorID    *ids.ID              `json:"actor_id" format:"uuid" doc:"Who did it; null: nobody who is known."`
	Action     string               `json:"action" example:"login"`
	TargetType string               `json:"target_type" enum:"user,session,organization,project,task,comment" example:"session"`
	TargetID   *ids.ID              `json:"target_id" format:"uuid" doc:"What it was done to; null: an account that does not exist."`
	IP         string               `json:"ip" example:"192.0.2.7" doc:"The address that the request came from; empty: the program itself."`
	RequestID  string               `json:"request_id" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Details    map[string]string    `json:"details" doc:"More, depending on the action."`
}

func shownEntry(e domain.AuditEntry) auditEntry {
	shown := auditEntry{
		ID: e.ID, At: httpserver.Timestamp(e.At), ActorID: e.ActorID, Action: e.Action, TargetType: e.TargetType,
		TargetID: e.TargetID, IP: e.Origin.Device.IP, RequestID: e.Origin.RequestID, Details: e.Details,
	}
	if shown.Details == nil {
		shown.Details = map[string]string{}
	}
	return shown
}

type auditInput struct {
	httpserver.ListInput
	ActorID httpserver.Optional[ids.ID] `query:"actor_id" doc:"Only what this user did."`
	Action  string                      `query:"action" enum:"register,login,login_failed,refresh_replay,refresh_repeated,logout,logout_all,session_ended,password_refused,password_changed,password_reset_requested,password_reset,email_verified,email_change_requested,email_change_withdrawn,email_changed,profile_changed,role_changed,activation_changed,admin.organization_changed,admin.organization_deleted,admin.member_added,admin.member_changed,admin.member_removed,admin.project_created,admin.project_changed,admin.project_deleted,admin.task_created,admin.task_changed,admin.task_deleted,admin.comment_added,admin.comment_deleted" doc:"Only what is called so."` //nolint:lll // a tag
	From    httpserver.Timestamp        `query:"from" doc:"Only what happened at this time or later."`
	To      httpserver.Timestamp        `query:"to" doc:"Only what happened before this time."`
}

func (h handlers) auditLog(ctx context.Context, in *auditInput) (*httpserver.List[auditEntry], error) {
	request, err := in.Request(ctx, h.cursors, "-at")
	if err != nil {
		return nil, err
	}
	filter := ports.AuditFilter{
		ActorID: in.ActorID.Pointer(), Action: in.Action, From: in.From.Optional(), To: in.To.Optional(),
	}
	p, err := h.service.Audit(ctx, auth.Must(ctx), filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shownEntry), nil
}
