// Package gormstore keeps organisations and their members in SQLite or PostgreSQL.
package gormstore

import (
	"time"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// row is an organisation as the table organizations has it.
type row struct {
	ID        ids.ID
	Name      string
	Slug      string
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// columns selects a [row] of organizations AS o.
const columns = `o.id, o.name, o.slug, o.version, o.created_at, o.updated_at`

func (r row) organization() *domain.Organization {
	return domain.Restore(domain.State{
		ID: r.ID, Name: r.Name, Slug: domain.Slug(r.Slug),
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	})
}

// seenRow is an organisation with the role that somebody has in it.
type seenRow struct {
	Organization row `gorm:"embedded"`
	Role         auth.OrganizationRole
}

// seenColumns selects a [seenRow] of organizations AS o and the membership c of whoever sees it.
const seenColumns = columns + `, COALESCE(c.role, '') AS role`

func (r seenRow) seenBy(caller auth.Principal) ports.Seen {
	return ports.Seen{
		Organization: r.Organization.organization(),
		By:           auth.Caller{Principal: caller, OrganizationRole: r.Role},
	}
}

// inserted returns the column values of an INSERT.
func inserted(s domain.State) map[string]any {
	return map[string]any{
		"id": s.ID, "name": s.Name, "slug": string(s.Slug), "search_key": searchKey(s), "version": s.Version,
		"created_at": s.CreatedAt, "updated_at": s.UpdatedAt,
	}
}

// updated returns the column values of an UPDATE. Columns whose value is the same are left out, since SQLite rewrites
// the indexes of every column that is named.
func updated(before, after domain.State) map[string]any {
	values := map[string]any{"version": after.Version, "updated_at": after.UpdatedAt, "search_key": searchKey(after)}
	if after.Name != before.Name {
		values["name"] = after.Name
	}
	if after.Slug != before.Slug {
		values["slug"] = string(after.Slug)
	}
	return values
}

// searchKey is what a search looks into: slug and name, on lines of their own.
func searchKey(s domain.State) string { return string(s.Slug) + "\n" + text.Fold(s.Name) }

// memberRow is a member as the table organization_members has it, with the copy of the user.
type memberRow struct {
	OrganizationID ids.ID
	UserID         ids.ID
	Role           auth.OrganizationRole
	Version        int64
	CreatedAt      time.Time

	Email       string
	DisplayName string
	IsActive    bool
}

// memberColumns selects a [memberRow] of organization_members AS m and organization_users AS u.
const memberColumns = `m.organization_id, m.user_id, m.role, m.version, m.created_at, u.email, u.display_name, u.is_active`

const memberTables = `organization_members m JOIN organization_users u ON u.user_id = m.user_id`

func (r memberRow) member() *domain.Member {
	return domain.RestoreMember(
		domain.MemberState{
			OrganizationID: r.OrganizationID, UserID: r.UserID, Role: r.Role,
			Version: r.Version, CreatedAt: r.CreatedAt,
		},
		domain.User{ID: r.UserID, Email: r.Email, DisplayName: r.DisplayName, IsActive: r.IsActive},
	)
}
