package gormstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/adapters/replica"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/text"
)

// list defines the sort keys of projects. Each has an index for the personal projects of a user, for those of an
// organisation, and for all projects.
var list = keyset.New("id", func(r row) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r row) time.Time { return r.CreatedAt }),
	keyset.Time("updated_at", "updated_at", func(r row) time.Time { return r.UpdatedAt }),
	keyset.Text("name", "name", func(r row) string { return r.Name }),
)

// ListOf implements ports.Projects.
func (s *Store) ListOf(
	ctx context.Context, userID ids.ID, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	if filter.OrganizationID != nil {
		member := s.members.Includes(*filter.OrganizationID, userID)
		return listed(list.Find(s.filtered(ctx, filter).Where(member.SQL, member.Args...), request))
	}
	q := s.db.Conn(ctx).Table("projects").Select(columns)
	return listed(list.FindAmong(q, request, func(stretch keyset.Stretch) (string, []any) {
		return s.rangesOf(userID, filter, stretch)
	}))
}

// ListAll implements ports.Projects.
func (s *Store) ListAll(
	ctx context.Context, filter ports.Filter, request page.Request,
) (page.Page[domain.State], error) {
	return listed(list.Find(s.filtered(ctx, filter), request))
}

func listed(rows page.Page[row], err error) (page.Page[domain.State], error) {
	if err != nil {
		return page.Page[domain.State]{}, fmt.Errorf("list projects: %w", err)
	}
	return page.Map(rows, row.state), nil
}

// filtered selects the projects that match the filter.
func (s *Store) filtered(ctx context.Context, f ports.Filter) *gorm.DB {
	q := s.db.Conn(ctx).Table("projects").Select(columns)
	if f.OrganizationID != nil {
		q = q.Where("organization_id = ?", *f.OrganizationID)
	}
	for _, c := range narrowed(f) {
		q = q.Where(c.SQL, c.Args...)
	}
	return q
}

// narrowed holds for the projects that match the filter, whichever organisation it names.
func narrowed(f ports.Filter) (all []replica.Condition) {
	if f.Status != nil {
		all = append(all, replica.Condition{SQL: "status = ?", Args: []any{string(*f.Status)}})
	}
	if wanted := text.Fold(text.Clean(f.Text)); wanted != "" {
		condition, arg := database.Contains("search_text", wanted)
		all = append(all, replica.Condition{SQL: condition, Args: []any{arg}})
	}
	return all
}

// rangesOf gives the first of a user's personal projects, and the first of each of their organisations: each is a
// range of an index, and nothing but the page's worth is read of it. On PostgreSQL this is a LATERAL join. SQLite, which
// has none, is given the ids of each organisation as the list of an IN, which it makes anew for each row of the
// memberships; it needs neither a branch nor a statement per organisation.
func (s *Store) rangesOf(user ids.ID, filter ports.Filter, stretch keyset.Stretch) (string, []any) {
	conditions, args := stretch.Where, stretch.Args
	for _, c := range narrowed(filter) {
		conditions, args = conditions+" AND "+c.SQL, slices.Concat(args, c.Args)
	}
	first := func(columns, where string) string {
		return "SELECT " + columns + " FROM projects WHERE " + where + " AND " + conditions +
			" ORDER BY " + stretch.Order + stretch.Limit
	}
	both, own := "id, "+stretch.Column, owns(user)
	ofOrganizations := "SELECT shared.id, shared." + stretch.Column + " FROM " + s.members.Table() + " m" +
		" CROSS JOIN LATERAL (" + first(both, "projects.organization_id = m.organization_id") + ") AS shared" +
		" WHERE m.user_id = ?"
	if s.db.Dialect() == database.SQLite {
		ofOrganizations = "SELECT shared.id, shared." + stretch.Column + " FROM " + s.members.Table() + " m" +
			" CROSS JOIN projects shared ON shared.id IN (" + first("id", "projects.organization_id = m.organization_id") + ")" +
			" WHERE m.user_id = ?"
	}
	personal := "SELECT * FROM (" + first(both, own.SQL) + ") AS personal"
	// The conditions are there twice, with what is bound in them.
	bound := slices.Concat(own.Args, args, args, []any{user})
	return personal + " UNION ALL " + ofOrganizations, bound
}
