package replica

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"fasttrack/adapters/database"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// User is a user as a module knows them.
type User struct {
	ID          ids.ID
	DisplayName string
	IsActive    bool
	Role        auth.Role
}

// Users is one module's copy of all users. It is safe for concurrent use.
type Users struct {
	db *database.DB
	// The statements, which differ between copies by the name of the table alone.
	upsert, find, lock, backfill string
}

var errNoUnit = errors.New("replica: a lock outside a unit of work would not hold")

// NewUsers makes the module keep its copy from now on: it subscribes to what happens to users, in the transaction in
// which it happens. The table has the form that the package's documentation shows. Module and table are literals of
// the program.
func NewUsers(bus *eventbus.Bus, db *database.DB, module, table string) *Users {
	mustBeName(table)
	const columns = "user_id, display_name, is_active, role, version"
	// A change that was overtaken by a newer one must not bring the older state back.
	ifNewer := fmt.Sprintf(`ON CONFLICT (user_id) DO UPDATE SET display_name = excluded.display_name,
		is_active = excluded.is_active, role = excluded.role, version = excluded.version
		WHERE %s.version < excluded.version`, table)
	find := fmt.Sprintf("SELECT %s FROM %s WHERE user_id = ?", columns, table)
	u := &Users{
		db:     db,
		find:   find,
		lock:   find + " " + db.Dialect().Lock("FOR SHARE"),
		upsert: fmt.Sprintf("INSERT INTO %s (%s) VALUES (?, ?, ?, ?, ?) %s", table, columns, ifNewer),
		// Without the WHERE, SQLite takes the ON of ON CONFLICT for a join's.
		backfill: fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (%%s) AS source WHERE true %s",
			table, columns, columns, ifNewer),
	}
	eventbus.Subscribe(bus, module+".keep_new_user", func(ctx context.Context, e events.UserRegistered) error {
		return u.keep(ctx, e.User)
	})
	eventbus.Subscribe(bus, module+".keep_changed_user", func(ctx context.Context, e events.UserChanged) error {
		return u.keep(ctx, e.User)
	})
	return u
}

// Find returns a user as they are now; ok is false when there is none. It is for reading: what it says may be
// different when a unit of work commits.
func (u *Users) Find(ctx context.Context, id ids.ID) (user User, ok bool, err error) {
	return u.read(ctx, u.find, id)
}

// Lock is [Users.Find] for a user on whom a write depends: until the unit of work ends, nobody can change them. The
// order of locks is the module's affair: copies come first, users last among them.
func (u *Users) Lock(ctx context.Context, id ids.ID) (user User, ok bool, err error) {
	if uow.Current(ctx) == nil {
		return User{}, false, errNoUnit
	}
	return u.read(ctx, u.lock, id)
}

// Backfill copies every user whom the source has in a newer version, and returns how many those were. The source is
// a SELECT that gives the columns user_id, display_name, is_active, role and version of the original; it is a literal
// of the program. It needs a unit of work, and may run while users change and as often as one likes.
func (u *Users) Backfill(ctx context.Context, source string) (copied int64, err error) {
	result := u.db.Conn(ctx).Exec(fmt.Sprintf(u.backfill, source))
	if result.Error != nil {
		return 0, fmt.Errorf("fill in the copy of users: %w", result.Error)
	}
	return result.RowsAffected, nil
}

// userRow is a row of the table.
type userRow struct {
	UserID      ids.ID
	DisplayName string
	IsActive    bool
	Role        string
	Version     int64
}

func (u *Users) keep(ctx context.Context, e events.User) error {
	err := u.db.Conn(ctx).Exec(u.upsert, e.UserID, e.DisplayName, e.IsActive, e.Role, e.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of user %s: %w", e.UserID, err)
	}
	return nil
}

func (u *Users) read(ctx context.Context, query string, id ids.ID) (User, bool, error) {
	var row userRow
	result := u.db.Conn(ctx).Raw(query, id).Scan(&row)
	if result.Error != nil {
		return User{}, false, fmt.Errorf("read the copy of user %s: %w", id, result.Error)
	}
	if result.RowsAffected == 0 {
		return User{}, false, nil
	}
	return User{row.UserID, row.DisplayName, row.IsActive, auth.Role(row.Role)}, true, nil
}

var tableName = regexp.MustCompile(`^[a-z][a-z_]*$`)

// mustBeName keeps what is no literal of ours out of the statements.
func mustBeName(table string) {
	if !tableName.MatchString(table) {
		panic(fmt.Sprintf("replica: %q is not the name of a table", table))
	}
}
