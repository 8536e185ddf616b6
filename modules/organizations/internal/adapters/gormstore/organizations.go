package gormstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/text"
)

// list defines the sort keys of organisations. Each has an index for the list of all.
var list = keyset.New("o.id", func(r seenRow) ids.ID { return r.Organization.ID },
	keyset.Time("created_at", "o.created_at", func(r seenRow) time.Time { return r.Organization.CreatedAt }),
	keyset.Time("updated_at", "o.updated_at", func(r seenRow) time.Time { return r.Organization.UpdatedAt }),
	keyset.Text("name", "o.name", func(r seenRow) string { return r.Organization.Name }),
)

// Organizations implements ports.Organizations.
type Organizations struct{ db *database.DB }

var _ ports.Organizations = (*Organizations)(nil)

// NewOrganizations returns a store on the database.
func NewOrganizations(db *database.DB) *Organizations { return &Organizations{db} }

// Find implements ports.Organizations.
func (s *Organizations) Find(ctx context.Context, caller auth.Principal, id ids.ID) (ports.Seen, error) {
	seen := visible(caller)
	var r seenRow
	q := s.db.Conn(ctx).Raw(`SELECT `+seenColumns+` FROM `+seen.sql+` WHERE o.id = ?`, append(seen.args, id)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Seen{}, fmt.Errorf("find organisation %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return ports.Seen{}, domain.ErrNotFound
	}
	return r.seenBy(caller), nil
}

// List implements ports.Organizations. The organisations of one user are few, so no index is in the order of their list.
func (s *Organizations) List(
	ctx context.Context, filter ports.Filter, request page.Request,
) (page.Page[ports.Seen], error) {
	from := memberships(filter.Caller)
	if filter.All {
		from = visible(filter.Caller)
	}
	q := s.db.Conn(ctx).Table(from.sql, from.args...).Select(seenColumns)
	if filter.Query != "" {
		q = q.Where(database.Contains("o.search_key", text.Fold(filter.Query)))
	}
	rows, err := list.Find(q, request)
	if err != nil {
		return page.Page[ports.Seen]{}, fmt.Errorf("list organisations: %w", err)
	}
	return page.Map(rows, func(r seenRow) ports.Seen { return r.seenBy(filter.Caller) }), nil
}

// Add implements ports.Organizations. It waits for another unit of work that is about to take the slug.
func (s *Organizations) Add(ctx context.Context, o *domain.Organization) error {
	state := o.State()
	q := s.db.Conn(ctx).Table("organizations").
		Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "slug"}}, DoNothing: true}).
		Create(inserted(state))
	switch {
	case q.Error != nil:
		return fmt.Errorf("add organisation %s: %w", state.ID, q.Error)
	case q.RowsAffected == 0:
		return domain.ErrSlugTaken
	}
	return nil
}

// IsTaken implements ports.Organizations.
func (s *Organizations) IsTaken(ctx context.Context, slug domain.Slug) (taken bool, err error) {
	err = s.db.Conn(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM organizations WHERE slug = ?)`, string(slug)).Scan(&taken).Error
	if err != nil {
		return false, fmt.Errorf("look for the slug %s: %w", slug, err)
	}
	return taken, nil
}

// Update implements ports.Organizations.
func (s *Organizations) Update(
	ctx context.Context, caller auth.Principal, id ids.ID, change func(*domain.Organization, auth.Caller) error,
) (ports.Seen, error) {
	seen, err := s.lock(ctx, caller, id)
	if err != nil {
		return ports.Seen{}, err
	}
	before := seen.Organization.State()
	if err := change(seen.Organization, seen.By); err != nil {
		return ports.Seen{}, err
	}
	after := seen.Organization.State()
	if after.Version == before.Version {
		return seen, nil
	}
	// The version is checked again although the row is locked: it costs nothing, and the promise of If-Match then does
	// not depend on the lock alone.
	q := database.Update(s.db.Conn(ctx), "organizations", updated(before, after), "id = ? AND version = ?", id, before.Version)
	switch {
	case errors.Is(q.Error, gorm.ErrDuplicatedKey):
		return ports.Seen{}, domain.ErrSlugTaken.WithCause(q.Error)
	case q.Error != nil:
		return ports.Seen{}, fmt.Errorf("update organisation %s: %w", id, q.Error)
	case q.RowsAffected != 1:
		return ports.Seen{}, fmt.Errorf("update organisation %s: it changed in spite of its lock", id)
	}
	return seen, nil
}

// Delete implements ports.Organizations. Whoever changes members holds the organisation, so once it is locked there is
// nobody who does.
func (s *Organizations) Delete(
	ctx context.Context, caller auth.Principal, id ids.ID, check func(*domain.Organization, auth.Caller) error,
) error {
	seen, err := s.lock(ctx, caller, id)
	if err != nil {
		return err
	}
	if err := check(seen.Organization, seen.By); err != nil {
		return err
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM organization_members WHERE organization_id = ?`, id).Error; err != nil {
		return fmt.Errorf("delete the members of organisation %s: %w", id, err)
	}
	if err := s.db.Conn(ctx).Exec(`DELETE FROM organizations WHERE id = ?`, id).Error; err != nil {
		return fmt.Errorf("delete organisation %s: %w", id, err)
	}
	return nil
}

// lock locks an organisation that the caller may see, and then what the caller is in it. FOR UPDATE is for changes too:
// PostgreSQL locks a row whose unique key changes, as the slug is one, as if it were deleted, and to come to that only
// when the row is written would be a deadlock with whoever holds it and waits for a member.
func (s *Organizations) lock(ctx context.Context, caller auth.Principal, id ids.ID) (ports.Seen, error) {
	from := visible(caller)
	var r row
	q := s.db.Conn(ctx).Raw(`SELECT `+columns+` FROM `+from.sql+` WHERE o.id = ? `+s.db.Dialect().Lock("FOR UPDATE OF o"),
		append(from.args, id)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Seen{}, fmt.Errorf("lock organisation %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return ports.Seen{}, domain.ErrNotFound
	}
	by, err := hold(ctx, s.db, caller, id)
	return ports.Seen{Organization: r.organization(), By: by}, err
}

// hold locks what the caller is in an organisation that is locked already. A statement of its own sees what was
// committed while the organisation was waited for.
func hold(ctx context.Context, db *database.DB, caller auth.Principal, id ids.ID) (auth.Caller, error) {
	var role auth.OrganizationRole
	err := db.Conn(ctx).Raw(`SELECT role FROM organization_members WHERE organization_id = ? AND user_id = ? `+
		db.Dialect().Lock("FOR SHARE"), id, caller.UserID).Scan(&role).Error
	if err != nil {
		return auth.Caller{}, fmt.Errorf("hold the membership of user %s in organisation %s: %w", caller.UserID, id, err)
	}
	by := auth.Caller{Principal: caller, OrganizationRole: role}
	return by, domain.CheckSees(by)
}
