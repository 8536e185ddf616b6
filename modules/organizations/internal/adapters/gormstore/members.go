package gormstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/adapters/replica"
	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// memberList defines the sort key of members. There is an index for all of them and one for those with a role.
var memberList = keyset.New("m.user_id", func(r memberRow) ids.ID { return r.UserID },
	keyset.Time("created_at", "m.created_at", func(r memberRow) time.Time { return r.CreatedAt }),
)

// Members implements ports.Members.
type Members struct{ db *database.DB }

var _ ports.Members = (*Members)(nil)

// NewMembers returns a store on the database.
func NewMembers(db *database.DB) *Members { return &Members{db} }

// Find implements ports.Members.
func (s *Members) Find(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID,
) (*domain.Member, error) {
	seen := maySee(caller, organizationID)
	var r memberRow
	q := s.db.Conn(ctx).Raw(`SELECT `+memberColumns+` FROM `+memberTables+`
		WHERE m.organization_id = ? AND m.user_id = ? AND `+seen.sql,
		append([]any{organizationID, userID}, seen.args...)...).Scan(&r)
	switch {
	case q.Error != nil:
		return nil, fmt.Errorf("find member %s of organisation %s: %w", userID, organizationID, q.Error)
	case q.RowsAffected == 0:
		if err := s.checkSeen(ctx, caller, organizationID); err != nil {
			return nil, err
		}
		return nil, domain.ErrNoMember
	}
	return r.member(), nil
}

// List implements ports.Members. An empty page is ambiguous: the filter may match nobody or the organisation be hidden,
// so look it up.
func (s *Members) List(
	ctx context.Context, caller auth.Principal, organizationID ids.ID, role auth.OrganizationRole, request page.Request,
) (page.Page[*domain.Member], error) {
	seen := maySee(caller, organizationID)
	q := s.db.Conn(ctx).Table(memberTables).Select(memberColumns).
		Where("m.organization_id = ?", organizationID).Where(seen.sql, seen.args...)
	if role != auth.OrganizationNone {
		q = q.Where("m.role = ?", role)
	}
	rows, err := memberList.Find(q, request)
	if err != nil {
		return page.Page[*domain.Member]{}, fmt.Errorf("list the members of organisation %s: %w", organizationID, err)
	}
	if len(rows.Items) == 0 {
		if err := s.checkSeen(ctx, caller, organizationID); err != nil {
			return page.Page[*domain.Member]{}, err
		}
	}
	return page.Map(rows, memberRow.member), nil
}

// checkSeen fails with domain.ErrNotFound for an organisation that the caller may not see.
func (s *Members) checkSeen(ctx context.Context, caller auth.Principal, id ids.ID) error {
	seen := maySee(caller, id)
	var exists bool
	if err := s.db.Conn(ctx).Raw(`SELECT `+seen.sql, seen.args...).Scan(&exists).Error; err != nil {
		return fmt.Errorf("look for organisation %s: %w", id, err)
	}
	if !exists {
		return domain.ErrNotFound
	}
	return nil
}

// Hold implements ports.Members.
func (s *Members) Hold(ctx context.Context, caller auth.Principal, organizationID ids.ID) (auth.Caller, error) {
	if err := s.keep(ctx, caller, organizationID); err != nil {
		return auth.Caller{}, err
	}
	return hold(ctx, s.db, caller, organizationID)
}

// keep keeps an organisation that the caller may see from being deleted.
func (s *Members) keep(ctx context.Context, caller auth.Principal, organizationID ids.ID) error {
	from := visible(caller)
	var found bool
	q := s.db.Conn(ctx).Raw(`SELECT TRUE FROM `+from.sql+` WHERE o.id = ? `+s.db.Dialect().Lock("FOR KEY SHARE OF o"),
		append(from.args, organizationID)...).Scan(&found)
	switch {
	case q.Error != nil:
		return fmt.Errorf("hold organisation %s: %w", organizationID, q.Error)
	case !found:
		return domain.ErrNotFound
	}
	return nil
}

// Add implements ports.Members.
func (s *Members) Add(ctx context.Context, m *domain.Member) error {
	state := m.State()
	q := s.db.Conn(ctx).Table("organization_members").
		Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "organization_id"}, {Name: "user_id"}}, DoNothing: true,
		}).
		Create(map[string]any{
			"organization_id": state.OrganizationID, "user_id": state.UserID, "role": state.Role,
			"version": state.Version, "created_at": state.CreatedAt,
		})
	switch {
	case q.Error != nil:
		return fmt.Errorf("add member %s to organisation %s: %w", state.UserID, state.OrganizationID, q.Error)
	case q.RowsAffected == 0:
		return domain.ErrAlreadyMember
	}
	return nil
}

// Update implements ports.Members.
func (s *Members) Update(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, change ports.MemberChange,
) (*domain.Member, error) {
	m, err := s.change(ctx, caller, organizationID, userID, change)
	if err != nil || m.after == m.before {
		return m.Member, err
	}
	err = s.db.Conn(ctx).Exec(`UPDATE organization_members SET role = ?, version = ?
		WHERE organization_id = ? AND user_id = ? AND version = ?`,
		m.after.Role, m.after.Version, organizationID, userID, m.before.Version).Error
	if err != nil {
		return nil, fmt.Errorf("update member %s of organisation %s: %w", userID, organizationID, err)
	}
	return m.Member, nil
}

// Remove implements ports.Members.
func (s *Members) Remove(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, change ports.MemberChange,
) (*domain.Member, error) {
	m, err := s.change(ctx, caller, organizationID, userID, change)
	if err != nil {
		return nil, err
	}
	err = s.db.Conn(ctx).Exec(`DELETE FROM organization_members WHERE organization_id = ? AND user_id = ?`,
		organizationID, userID).Error
	if err != nil {
		return nil, fmt.Errorf("remove member %s of organisation %s: %w", userID, organizationID, err)
	}
	return m.Member, nil
}

// changed is a member before and after a change.
type changed struct {
	*domain.Member
	before, after domain.MemberState
}

// change locks the caller, the member and every owner in the order of their ids, and has the member changed. Whoever
// becomes an owner while it waits is not counted, as if they became one only afterwards. Whoever ceases to be one is
// not either, since what it reads of a row is what the row says once it is locked. The union is for the indexes: no
// plan for an OR is as good for an organisation with many members.
func (s *Members) change(
	ctx context.Context, caller auth.Principal, organizationID, userID ids.ID, change ports.MemberChange,
) (changed, error) {
	if err := s.keep(ctx, caller, organizationID); err != nil {
		return changed{}, err
	}
	var rows []memberRow
	err := s.db.Conn(ctx).Raw(`SELECT `+memberColumns+` FROM `+memberTables+`
		WHERE m.organization_id = ? AND m.user_id IN (
			SELECT user_id FROM organization_members WHERE organization_id = ? AND role = ?
			UNION ALL SELECT user_id FROM organization_members WHERE organization_id = ? AND user_id IN (?, ?))
		ORDER BY m.user_id `+s.db.Dialect().Lock("FOR NO KEY UPDATE OF m"),
		organizationID, organizationID, auth.OrganizationOwner, organizationID, caller.UserID, userID).Scan(&rows).Error
	if err != nil {
		return changed{}, fmt.Errorf("lock members of organisation %s: %w", organizationID, err)
	}
	by := auth.Caller{Principal: caller}
	lastOwner := true
	for _, r := range rows {
		if r.UserID == caller.UserID {
			by.OrganizationRole = r.Role
		}
		if r.UserID != userID && r.Role == auth.OrganizationOwner {
			lastOwner = false
		}
	}
	if err := domain.CheckSees(by); err != nil {
		return changed{}, err
	}
	at := slices.IndexFunc(rows, func(r memberRow) bool { return r.UserID == userID })
	if at < 0 {
		return changed{}, domain.ErrNoMember
	}
	m := changed{Member: rows[at].member()}
	m.before = m.State()
	if err := change(m.Member, by, lastOwner); err != nil {
		return changed{}, err
	}
	m.after = m.State()
	return m, nil
}

// Users implements ports.Users.
type Users struct{ users *replica.Users }

var _ ports.Users = (*Users)(nil)

// NewUsers returns what is asked of the copies of users.
func NewUsers(users *replica.Users) *Users { return &Users{users} }

// HoldActive implements ports.Users.
func (s *Users) HoldActive(ctx context.Context, id ids.ID) (domain.User, bool, error) {
	return active(s.users.Lock(ctx, id))
}

// HoldActiveByEmail implements ports.Users.
func (s *Users) HoldActiveByEmail(ctx context.Context, email string) (domain.User, bool, error) {
	return active(s.users.LockByEmail(ctx, email))
}

func active(u replica.User, ok bool, err error) (domain.User, bool, error) {
	return domain.User{ID: u.ID, Email: u.Email, DisplayName: u.DisplayName, IsActive: u.IsActive}, ok && u.IsActive, err
}
