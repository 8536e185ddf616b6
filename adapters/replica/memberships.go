package replica

import (
	"context"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Memberships is one module's copy of who belongs to which organisation, and as what. It is safe for concurrent use.
type Memberships struct {
	db    *database.DB
	table string
	// The statements, which differ between copies by the name of the table alone.
	upsert, remove, forget, find, lock, lockOne, lockAll, backfill string
}

// NewMemberships returns the copy, which [Memberships.Keep] keeps up to date. The table has the form that the
// package's documentation shows; its name is a literal of the program.
func NewMemberships(db *database.DB, table string) *Memberships {
	mustBeName(table)
	const columns = "organization_id, user_id, role, version"
	ifNewer := fmt.Sprintf(`ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role,
		version = excluded.version WHERE %s.version < excluded.version`, table)
	of := func(what, where string) string { return fmt.Sprintf("%s FROM %s WHERE %s", what, table, where) }
	return &Memberships{
		db: db, table: table,
		upsert: fmt.Sprintf("INSERT INTO %s (%s) VALUES (?, ?, ?, ?) %s", table, columns, ifNewer),
		remove: of("DELETE", "organization_id = ? AND user_id = ? AND version <= ?"),
		forget: of("DELETE", "organization_id = ?"),
		find:   of("SELECT user_id, role", "organization_id = ? AND user_id = ?"),
		lock: of("SELECT user_id, role", "organization_id = ? AND user_id IN (?) ORDER BY user_id ") +
			db.Dialect().Lock("FOR SHARE"),
		lockOne: of("SELECT user_id, role", "organization_id = ? ORDER BY user_id LIMIT 1 ") + db.Dialect().Lock("FOR SHARE"),
		lockAll: of("SELECT 1", "organization_id = ? ORDER BY user_id ") + db.Dialect().Lock("FOR UPDATE"),
		backfill: fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (%%s) AS source WHERE true %s",
			table, columns, columns, ifNewer),
	}
}

// Also is what a module does when a membership or an organisation ends, beside forgetting it. It is part of the same
// handler, so that its locks and those of the copy are always taken in the same order. Nil: nothing.
type Also struct {
	AfterRemoval   func(context.Context, events.MemberRemoved) error       // once the membership is forgotten
	BeforeDeletion func(context.Context, events.OrganizationDeleted) error // before the memberships are
}

// Keep makes the module keep its copy from now on: it subscribes to what happens to members and organisations, in
// the transaction in which it happens. The module is a literal of the program.
func (m *Memberships) Keep(bus *eventbus.Bus, module string, also Also) {
	eventbus.Subscribe(bus, module+".keep_new_member", func(ctx context.Context, e events.MemberAdded) error {
		return m.keep(ctx, e.Membership)
	})
	eventbus.Subscribe(bus, module+".keep_changed_member", func(ctx context.Context, e events.MemberChanged) error {
		return m.keep(ctx, e.Membership)
	})
	eventbus.Subscribe(bus, module+".forget_removed_member", func(ctx context.Context, e events.MemberRemoved) error {
		if err := m.db.Conn(ctx).Exec(m.remove, e.OrganizationID, e.UserID, e.Version).Error; err != nil {
			return fmt.Errorf("forget the membership of user %s: %w", e.UserID, err)
		}
		if also.AfterRemoval == nil {
			return nil
		}
		return also.AfterRemoval(ctx, e)
	})
	eventbus.Subscribe(bus, module+".forget_deleted_organization",
		func(ctx context.Context, e events.OrganizationDeleted) error {
			if also.BeforeDeletion != nil {
				if err := also.BeforeDeletion(ctx, e); err != nil {
					return err
				}
			}
			if err := m.db.Conn(ctx).Exec(m.forget, e.OrganizationID).Error; err != nil {
				return fmt.Errorf("forget the members of organisation %s: %w", e.OrganizationID, err)
			}
			return nil
		})
}

// memberRow is what is read of a row of the table.
type memberRow struct {
	UserID ids.ID
	Role   string
}

// Find returns what a user is in an organisation as it is now, and no role if they are no member. It is for reading:
// what it says may be different when a unit of work commits.
func (m *Memberships) Find(ctx context.Context, organizationID, userID ids.ID) (auth.OrganizationRole, error) {
	roles, err := m.read(ctx, m.find, organizationID, userID)
	return roles[userID], err
}

// Lock returns the roles of those of the users who are members, for a write that depends on them: until the unit of
// work ends, none of them leaves or gets another role. Who is no member may become one meanwhile. The order of locks is
// the module's affair: the copies of projects come first, then memberships, then users.
func (m *Memberships) Lock(
	ctx context.Context, organizationID ids.ID, users ...ids.ID,
) (map[ids.ID]auth.OrganizationRole, error) {
	if uow.Current(ctx) == nil {
		return nil, errNoUnit
	}
	return m.read(ctx, m.lock, organizationID, users)
}

// LockOrganization reports whether there is such an organisation, which then stays until the unit of work ends. It
// relies on there being no organisation without a member.
func (m *Memberships) LockOrganization(ctx context.Context, organizationID ids.ID) (bool, error) {
	if uow.Current(ctx) == nil {
		return false, errNoUnit
	}
	roles, err := m.read(ctx, m.lockOne, organizationID)
	return len(roles) > 0, err
}

// LockAll waits until nobody holds a membership of the organisation any more ([Memberships.Lock]), and lets nobody hold
// one until the unit of work ends. It is for the deletion of the organisation.
func (m *Memberships) LockAll(ctx context.Context, organizationID ids.ID) error {
	if uow.Current(ctx) == nil {
		return errNoUnit
	}
	if m.db.Dialect() == database.SQLite {
		return nil // a unit of work is the only writer
	}
	if err := m.db.Conn(ctx).Exec(m.lockAll, organizationID).Error; err != nil {
		return fmt.Errorf("lock the members of organisation %s: %w", organizationID, err)
	}
	return nil
}

// Backfill copies every membership that the source has in a newer version, and returns how many those were. The source
// is a SELECT that gives the columns organization_id, user_id, role and version of the original; it is a literal of the
// program. It needs a unit of work, and may run while members change and as often as one likes.
func (m *Memberships) Backfill(ctx context.Context, source string) (copied int64, err error) {
	result := m.db.Conn(ctx).Exec(fmt.Sprintf(m.backfill, source))
	if result.Error != nil {
		return 0, fmt.Errorf("fill in the copy of memberships: %w", result.Error)
	}
	return result.RowsAffected, nil
}

func (m *Memberships) keep(ctx context.Context, e events.Membership) error {
	err := m.db.Conn(ctx).Exec(m.upsert, e.OrganizationID, e.UserID, e.Role, e.Version).Error
	if err != nil {
		return fmt.Errorf("keep the membership of user %s: %w", e.UserID, err)
	}
	return nil
}

func (m *Memberships) read(ctx context.Context, query string, args ...any) (map[ids.ID]auth.OrganizationRole, error) {
	var rows []memberRow
	if err := m.db.Conn(ctx).Raw(query, args...).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the copy of memberships: %w", err)
	}
	roles := make(map[ids.ID]auth.OrganizationRole, len(rows))
	for _, row := range rows {
		roles[row.UserID] = auth.OrganizationRole(row.Role)
	}
	return roles, nil
}
