package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/idempotency"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// MemberPath is exported because huma does not look into what is embedded otherwise.
type MemberPath struct {
	ID     ids.ID `path:"id" format:"uuid" doc:"The organisation's id."`
	UserID ids.ID `path:"user_id" format:"uuid" doc:"The member's id as a user."`
}

type listMembersInput struct {
	Path
	httpserver.ListInput
	Role string `query:"role" enum:"owner,admin,member" doc:"Only members with this role."`
	Sort string `query:"sort" enum:"created_at,-created_at" default:"-created_at" doc:"The order; - is descending."`
}

func (h handlers) listMembers(ctx context.Context, in *listMembersInput) (*httpserver.List[member], error) {
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	p, err := h.service.Members(ctx, auth.Must(ctx), in.ID, auth.OrganizationRole(in.Role), request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, p, shownMember), nil
}

type addMemberInput struct {
	Path
	httpserver.Idempotent
	Body struct {
		Email  *string `json:"email,omitempty" example:"ada@example.com" doc:"The address of whom to add, in any case; or user_id."`
		UserID *ids.ID `json:"user_id,omitempty" format:"uuid" doc:"The id of whom to add; or email."`
		Role   string  `json:"role" enum:"owner,admin,member" example:"member"`
	}
}

func (h handlers) addMember(ctx context.Context, in *addMemberInput) (*httpserver.Resource[member], error) {
	invitation, err := domain.NewInvitation(in.Body.Email, in.Body.UserID, in.Body.Role)
	if err != nil {
		return nil, err
	}
	caller := auth.Must(ctx)
	return idempotency.Create(ctx, h.keys,
		func(ctx context.Context, _ member) error {
			return h.service.AuthorizeAddMember(ctx, caller, in.ID, invitation.Role())
		},
		func(ctx context.Context) (*httpserver.Resource[member], error) {
			m, err := h.service.AddMember(ctx, caller, in.ID, invitation)
			if err != nil {
				return nil, err
			}
			state := m.State()
			location := "/api/v1/organizations/" + state.OrganizationID.String() + "/members/" + state.UserID.String()
			return httpserver.Created(location, state.Version, shownMember(m)), nil
		})
}

func (h handlers) getMember(ctx context.Context, in *MemberPath) (*httpserver.Resource[member], error) {
	return answerMember(h.service.Member(ctx, auth.Must(ctx), in.ID, in.UserID))
}

type updateMemberInput struct {
	MemberPath
	httpserver.IfMatch
	Body struct {
		Role *string `json:"role,omitempty" enum:"owner,admin,member" example:"admin"`
	}
}

func (h handlers) updateMember(ctx context.Context, in *updateMemberInput) (*httpserver.Resource[member], error) {
	var role *auth.OrganizationRole
	if in.Body.Role != nil {
		parsed, ok := auth.ParseOrganizationRole(*in.Body.Role)
		if !ok {
			return nil, errs.InvalidField("role", "must be owner, admin or member")
		}
		role = &parsed
	}
	return answerMember(h.service.ChangeMember(ctx, auth.Must(ctx), in.ID, in.UserID, role, in.Precondition()))
}

type removeMemberInput struct {
	MemberPath
	httpserver.IfMatch
}

func (h handlers) removeMember(ctx context.Context, in *removeMemberInput) (*struct{}, error) {
	return nil, h.service.RemoveMember(ctx, auth.Must(ctx), in.ID, in.UserID, in.Precondition())
}

func answerMember(m *domain.Member, err error) (*httpserver.Resource[member], error) {
	if err != nil {
		return nil, err
	}
	return httpserver.OK(m.State().Version, shownMember(m)), nil
}
