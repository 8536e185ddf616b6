package replica

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"fasttrack/adapters/database"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
	"fasttrack/shared/uow"
)

// User is a user as a module knows them.
type User struct {
	ID          ids.ID
	DisplayName string
	IsActive    bool
	Role        auth.Role
	Email       string // only in a copy that keeps it, see [WithEmail]
}

// Users is one module's copy of all users. It is safe for concurrent use.
type Users struct {
	db        *database.DB
	withEmail bool
	// The statements, which differ between copies by the name of the table and the address alone.
	upsert, find, lock, lockByEmail, backfill string
}

// Option says what a copy keeps beside what all of them do.
type Option func(*Users)

// WithEmail has the copy keep the address of every user, in two columns more: email, as its owner writes it, and
// email_key, by which addresses are compared ([text.Fold]).
func WithEmail(u *Users) { u.withEmail = true }

var (
	errNoUnit  = errors.New("replica: a lock outside a unit of work would not hold")
	errNoEmail = errors.New("replica: this copy does not keep addresses")
)

// NewUsers makes the module keep its copy from now on: it subscribes to what happens to users, in the transaction in
// which it happens. The table has the form that the package's documentation shows. Module and table are literals of
// the program.
func NewUsers(bus *eventbus.Bus, db *database.DB, module, table string, options ...Option) *Users {
	mustBeName(table)
	u := &Users{db: db}
	for _, option := range options {
		option(u)
	}
	columns := []string{"display_name", "is_active", "role", "version"}
	if u.withEmail {
		columns = append(columns, "email", "email_key")
	}
	all, assignments := "user_id, "+strings.Join(columns, ", "), make([]string, len(columns))
	for i, column := range columns {
		assignments[i] = column + " = excluded." + column
	}
	// A change that was overtaken by a newer one must not bring the older state back.
	ifNewer := fmt.Sprintf("ON CONFLICT (user_id) DO UPDATE SET %s WHERE %s.version < excluded.version",
		strings.Join(assignments, ", "), table)
	read := fmt.Sprintf("SELECT %s FROM %s WHERE ", all, table)
	share := " " + db.Dialect().Lock("FOR SHARE")
	u.find = read + "user_id = ?"
	u.lock, u.lockByEmail = u.find+share, read+"email_key = ?"+share
	u.upsert = fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s) %s",
		table, all, strings.Repeat(", ?", len(columns)), ifNewer)
	// Without the WHERE, SQLite takes the ON of ON CONFLICT for a join's.
	u.backfill = fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (%%s) AS source WHERE true %s", table, all, all, ifNewer)
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

// LockByEmail is [Users.Lock] for the user with this address, in any case. The copy must keep addresses.
func (u *Users) LockByEmail(ctx context.Context, email string) (user User, ok bool, err error) {
	if uow.Current(ctx) == nil {
		return User{}, false, errNoUnit
	}
	if !u.withEmail {
		return User{}, false, errNoEmail
	}
	return u.read(ctx, u.lockByEmail, text.Fold(email))
}

// Backfill copies every user whom the source has in a newer version, and returns how many those were. The source is
// a SELECT that gives the columns user_id, display_name, is_active, role and version of the original, and email and
// email_key if the copy keeps them; it is a literal of the program. It needs a unit of work, and may run while users change and as often as one likes.
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
	Email       string
	EmailKey    string
}

func (u *Users) keep(ctx context.Context, e events.User) error {
	values := []any{e.UserID, e.DisplayName, e.IsActive, e.Role, e.Version}
	if u.withEmail {
		values = append(values, e.Email, text.Fold(e.Email))
	}
	if err := u.db.Conn(ctx).Exec(u.upsert, values...).Error; err != nil {
		return fmt.Errorf("keep the copy of user %s: %w", e.UserID, err)
	}
	return nil
}

func (u *Users) read(ctx context.Context, query string, key any) (User, bool, error) {
	var row userRow
	result := u.db.Conn(ctx).Raw(query, key).Scan(&row)
	if result.Error != nil {
		return User{}, false, fmt.Errorf("read the copy of a user: %w", result.Error)
	}
	if result.RowsAffected == 0 {
		return User{}, false, nil
	}
	return User{row.UserID, row.DisplayName, row.IsActive, auth.Role(row.Role), row.Email}, true, nil
}

var tableName = regexp.MustCompile(`^[a-z][a-z_]*$`)

// mustBeName keeps what is no literal of ours out of the statements.
func mustBeName(table string) {
	if !tableName.MatchString(table) {
		panic(fmt.Sprintf("replica: %q is not the name of a table", table))
	}
}
