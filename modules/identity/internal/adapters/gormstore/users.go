package gormstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/text"
)

// userList says by what users can be sorted.
var userList = keyset.New("id", func(r userRow) ids.ID { return r.ID },
	keyset.Time("created_at", "created_at", func(r userRow) time.Time { return r.CreatedAt }),
	keyset.Text("email", "email_key", func(r userRow) string { return r.EmailKey }),
)

// Users implements ports.Users.
type Users struct {
	db    *database.DB
	times times
}

var _ ports.Users = (*Users)(nil)

// NewUsers returns a store on the database. The clock is that of SQLite.
func NewUsers(db *database.DB, now clock.Clock) *Users { return &Users{db, times{db, now}} }

// Find implements ports.Users.
func (s *Users) Find(ctx context.Context, id ids.ID) (*domain.User, error) {
	return s.take(ctx, "find user "+id.String(), "id = ?", id)
}

// FindByEmail implements ports.Users.
func (s *Users) FindByEmail(ctx context.Context, email domain.Email) (*domain.User, error) {
	return s.take(ctx, "find a user by address", "email_key = ?", email.Key())
}

func (s *Users) take(ctx context.Context, doing, condition string, args ...any) (*domain.User, error) {
	var r userRow
	err := s.db.Conn(ctx).Table("users").Select(userColumns).Where(condition, args...).Take(&r).Error
	if err != nil {
		return nil, missing(err, domain.ErrNotFound, doing)
	}
	return r.user(), nil
}

// List implements ports.Users.
func (s *Users) List(
	ctx context.Context, filter ports.UserFilter, request page.Request,
) (page.Page[*domain.User], error) {
	q := s.db.Conn(ctx).Table("users").Select(userColumns)
	if filter.Role != nil {
		q = q.Where("role = ?", string(*filter.Role))
	}
	if filter.Active != nil {
		q = q.Where("is_active = ?", *filter.Active)
	}
	if filter.Query != "" {
		q = q.Where(database.Contains("search_key", text.Fold(filter.Query)))
	}
	rows, err := userList.Find(q, request)
	if err != nil {
		return page.Page[*domain.User]{}, fmt.Errorf("list users: %w", err)
	}
	return page.Map(rows, userRow.user), nil
}

// Add implements ports.Users.
func (s *Users) Add(ctx context.Context, u *domain.User) error {
	state := u.State()
	q := s.db.Conn(ctx).Table("users").
		Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "email_key"}}, DoNothing: true}).
		Create(insertedUser(state))
	if q.Error != nil {
		return fmt.Errorf("add user %s: %w", state.ID, q.Error)
	}
	if q.RowsAffected == 0 {
		return domain.ErrEmailTaken
	}
	return nil
}

// Update implements ports.Users.
func (s *Users) Update(ctx context.Context, id ids.ID, change func(*domain.User) error) (*domain.User, error) {
	var r userRow
	q := s.db.Conn(ctx).Raw(
		"SELECT "+userColumns+" FROM users WHERE id = ? "+s.db.Dialect().Lock("FOR NO KEY UPDATE"), id).Scan(&r)
	if q.Error != nil {
		return nil, fmt.Errorf("lock user %s: %w", id, q.Error)
	}
	if q.RowsAffected == 0 {
		return nil, domain.ErrNotFound
	}
	return s.alter(ctx, r, change)
}

// UpdateAccess implements ports.Users. After waiting for the lock of a row, PostgreSQL checks the condition again,
// so that users who are no longer active admins are not counted.
func (s *Users) UpdateAccess(
	ctx context.Context, id ids.ID, change func(u *domain.User, admins domain.Admins) error,
) (*domain.User, error) {
	var rows []userRow
	err := s.db.Conn(ctx).Raw(
		"SELECT "+userColumns+" FROM users WHERE id = ? OR (role = 'admin' AND is_active) ORDER BY id "+
			s.db.Dialect().Lock("FOR NO KEY UPDATE"), id).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("lock user %s and all admins: %w", id, err)
	}
	at := slices.IndexFunc(rows, func(r userRow) bool { return r.ID == id })
	if at < 0 {
		return nil, domain.ErrNotFound
	}
	var admins domain.Admins
	for _, r := range rows {
		if r.user().IsActiveAdmin() {
			admins = append(admins, r.ID)
		}
	}
	return s.alter(ctx, rows[at], func(u *domain.User) error { return change(u, admins) })
}

// alter lets change alter a locked user and keeps it if its version grew.
func (s *Users) alter(ctx context.Context, r userRow, change func(*domain.User) error) (*domain.User, error) {
	u := r.user()
	if err := change(u); err != nil {
		return nil, err
	}
	after := u.State()
	if after.Version == r.Version {
		return u, nil
	}
	q := database.Update(s.db.Conn(ctx), "users", updatedUser(after), "id = ? AND version = ?", r.ID, r.Version)
	if errors.Is(q.Error, gorm.ErrDuplicatedKey) { // of the address, since nothing else is unique
		return nil, domain.ErrEmailTaken
	}
	if q.Error != nil {
		return nil, fmt.Errorf("update user %s: %w", r.ID, q.Error)
	}
	return u, nil
}

// ReplacePassword implements ports.Users.
func (s *Users) ReplacePassword(ctx context.Context, id ids.ID, expected, next domain.PasswordHash) (bool, error) {
	q := s.db.Conn(ctx).Exec("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?",
		string(next), id, string(expected))
	if q.Error != nil {
		return false, fmt.Errorf("replace the password of user %s: %w", id, q.Error)
	}
	return q.RowsAffected == 1, nil
}

// hashScheme is the expression of the index users_password_scheme: a hash without its salt and key.
const hashScheme = `rtrim(substr(password_hash, 1, 40), './+0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')`

// HasOtherSchemes implements ports.Users. It looks before the scheme and after it in the index.
func (s *Users) HasOtherSchemes(ctx context.Context, scheme string) (bool, error) {
	var found []int
	err := s.db.Conn(ctx).Raw("SELECT 1 FROM users WHERE "+hashScheme+" < ? UNION ALL "+
		"SELECT 1 FROM users WHERE "+hashScheme+" > ? LIMIT 1", scheme, scheme).Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("look for password hashes of other schemes: %w", err)
	}
	return len(found) > 0, nil
}

// Hold implements ports.Users.
func (s *Users) Hold(ctx context.Context, id ids.ID) (*domain.User, time.Time, error) {
	var r struct {
		User   userRow `gorm:"embedded"`
		HeldAt time.Time
	}
	now, args := s.times.sql()
	// The lock is taken in a subquery, so that the time is read after the wait for it.
	q := s.db.Conn(ctx).Raw(fmt.Sprintf(
		`WITH held AS (SELECT %s FROM users WHERE id = ? %s) SELECT held.*, %s AS held_at FROM held`,
		userColumns, s.db.Dialect().Lock("FOR SHARE"), now), append([]any{id}, args...)...).Scan(&r)
	if q.Error != nil {
		return nil, time.Time{}, fmt.Errorf("hold user %s: %w", id, q.Error)
	}
	if q.RowsAffected == 0 {
		return nil, time.Time{}, domain.ErrNotFound
	}
	return r.User.user(), clock.Normal(r.HeldAt), nil
}

// missing turns "no such row" into the error that says so.
func missing(err, absent error, doing string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return absent
	}
	return fmt.Errorf("%s: %w", doing, err)
}
