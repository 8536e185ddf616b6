package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/ids"
)

// organization is an organisation as the API shows it.
type organization struct {
	ID        ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Name      string               `json:"name" example:"Acme Gardens"`
	Slug      string               `json:"slug" example:"acme-gardens"`
	Role      string               `json:"role" enum:"owner,admin,member" example:"owner" doc:"What the caller is in it. A system admin who is no member acts as owner."` //nolint:lll // a tag
	CreatedAt httpserver.Timestamp `json:"created_at"`
	UpdatedAt httpserver.Timestamp `json:"updated_at"`
}

func shown(seen ports.Seen) organization {
	s := seen.Organization.State()
	return organization{
		ID: s.ID, Name: s.Name, Slug: string(s.Slug), Role: string(domain.ShownRole(seen.By)),
		CreatedAt: httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}

// member is a member as the API shows them.
type member struct {
	UserID      ids.ID               `json:"user_id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Email       string               `json:"email" example:"ada@example.com"`
	DisplayName string               `json:"display_name" example:"Ada Lovelace"`
	Role        string               `json:"role" enum:"owner,admin,member" example:"member"`
	CreatedAt   httpserver.Timestamp `json:"created_at" doc:"Since when they are a member."`
}

func shownMember(m *domain.Member) member {
	s, u := m.State(), m.User()
	return member{
		UserID: s.UserID, Email: u.Email, DisplayName: u.DisplayName, Role: string(s.Role),
		CreatedAt: httpserver.Timestamp(s.CreatedAt),
	}
}
