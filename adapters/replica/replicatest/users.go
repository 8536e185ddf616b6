// Package replicatest is the contract of a copy: what a module's table and package replica do together.
package replicatest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/replica"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// Users holds a module's copy of users against the contract, on clean databases of both dialects. What prepare does to
// them comes first; a table that is made by a migration needs none.
func Users(t *testing.T, table string, prepare ...func(t *testing.T, db *database.DB)) {
	t.Helper()
	run(t, table, nil, prepare...)
}

// UsersWithEmail is [Users] for a copy that keeps addresses.
func UsersWithEmail(t *testing.T, table string, prepare ...func(t *testing.T, db *database.DB)) {
	t.Helper()
	run(t, table, []replica.Option{replica.WithEmail}, prepare...)
}

func run(
	t *testing.T, table string, options []replica.Option, prepare ...func(t *testing.T, db *database.DB),
) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		for _, p := range prepare {
			p(t, db)
		}
		bus := eventbus.New(slog.New(slog.DiscardHandler))
		eventbus.Publishes[events.UserRegistered](bus, "identity")
		eventbus.Publishes[events.UserChanged](bus, "identity")
		s := users{
			db: db, bus: bus, users: replica.NewUsers(bus, db, "replicatest", table, options...),
			table: table, withEmail: len(options) > 0,
		}
		bus.Freeze()
		db.Use(bus)
		t.Run("a user is known from the registration on", s.registered)
		t.Run("a change is followed", s.changed)
		t.Run("a change that was overtaken changes nothing", s.overtaken)
		t.Run("a refused unit of work leaves no trace", s.refused)
		t.Run("a lock is for units of work", s.lockOutside)
		t.Run("a locked user stays as they are", s.locked)
		t.Run("what is missing or older is filled in", s.filledIn)
		t.Run("a user is found by their address", s.byEmail)
	})
}

type users struct {
	db    *database.DB
	bus   *eventbus.Bus
	users *replica.Users
	table string

	withEmail bool
}

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newUser() events.User {
	return events.User{
		UserID: ids.New(), Email: "ada@example.com", DisplayName: "Ada 'A' 日本", Role: "user", IsActive: true, Version: 1,
	}
}

func (s users) publish(ctx context.Context, e eventbus.Event) error {
	return s.db.Do(ctx, func(ctx context.Context) error { return s.bus.Publish(ctx, e) })
}

func (s users) register(t *testing.T) events.User {
	t.Helper()
	u := newUser()
	require.NoError(t, s.publish(t.Context(), events.UserRegistered{User: u, At: monday}))
	return u
}

func (s users) change(t *testing.T, u events.User) {
	t.Helper()
	require.NoError(t, s.publish(t.Context(), events.UserChanged{User: u, At: monday}))
}

// requireIs expects the copy to be like u, whichever way it is read.
func (s users) requireIs(t *testing.T, u events.User) {
	t.Helper()
	want := replica.User{ID: u.UserID, DisplayName: u.DisplayName, IsActive: u.IsActive, Role: auth.Role(u.Role)}
	if s.withEmail {
		want.Email = u.Email
	}
	got, ok, err := s.users.Find(t.Context(), u.UserID)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, want, got)
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		got, ok, err = s.users.Lock(ctx, u.UserID)
		return err
	}))
	require.True(t, ok)
	require.Equal(t, want, got)
}

func (s users) requireUnknown(t *testing.T, id ids.ID) {
	t.Helper()
	_, ok, err := s.users.Find(t.Context(), id)
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		_, ok, err = s.users.Lock(ctx, id)
		return err
	}))
	require.False(t, ok)
}

func (s users) registered(t *testing.T) {
	u, other := s.register(t), s.register(t)
	s.requireIs(t, u)
	s.requireIs(t, other)
	s.requireUnknown(t, ids.New())
}

func (s users) changed(t *testing.T) {
	u := s.register(t)
	u.DisplayName, u.IsActive, u.Role, u.Version = "Grace", false, "admin", 2
	s.change(t, u)
	s.requireIs(t, u)
	u.DisplayName, u.IsActive, u.Role, u.Version = "Ada", true, "user", 7 // some changes are none to others
	s.change(t, u)
	s.requireIs(t, u)

	unknown := newUser()
	unknown.Version = 4
	s.change(t, unknown) // registered before the copy was born
	s.requireIs(t, unknown)
}

func (s users) overtaken(t *testing.T) {
	u := s.register(t)
	u.DisplayName, u.Version = "Grace", 5
	s.change(t, u)
	for _, version := range []int64{1, 4, 5} {
		older := u
		older.DisplayName, older.IsActive, older.Role, older.Version = "Ada", false, "admin", version
		s.change(t, older)
		s.requireIs(t, u)
		require.NoError(t, s.publish(t.Context(), events.UserRegistered{User: older, At: monday}))
		s.requireIs(t, u)
	}
}

func (s users) refused(t *testing.T) {
	u := newUser()
	require.ErrorIs(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		require.NoError(t, s.bus.Publish(ctx, events.UserRegistered{User: u, At: monday}))
		return context.Canceled
	}), context.Canceled)
	s.requireUnknown(t, u.UserID)
}

func (s users) lockOutside(t *testing.T) {
	_, _, err := s.users.Lock(t.Context(), s.register(t).UserID)
	require.ErrorContains(t, err, "unit of work")
}

// Others may hold the user as well; who wants to change them waits. SQLite has one writer, so there nobody else can.
func (s users) locked(t *testing.T) {
	if s.db.Dialect() == database.SQLite {
		t.Skip("a unit of work is the only writer here")
	}
	u := s.register(t)
	later := u
	later.IsActive, later.Version = false, 2
	changed := make(chan error, 1)
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		_, ok, err := s.users.Lock(ctx, u.UserID)
		require.True(t, ok)
		require.NoError(t, err)
		s.requireIs(t, u)
		go func() {
			changed <- s.publish(context.WithoutCancel(t.Context()), events.UserChanged{User: later, At: monday})
		}()
		require.Eventually(t, s.somebodyWaits(t), 10*time.Second, 5*time.Millisecond)
		user, _, err := s.users.Find(ctx, u.UserID)
		require.NoError(t, err)
		require.True(t, user.IsActive)
		return nil
	}))
	require.NoError(t, <-changed)
	s.requireIs(t, later)
}

func (s users) somebodyWaits(t *testing.T) func() bool {
	return func() bool {
		var waiting int64
		err := s.db.Conn(t.Context()).Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting).Error
		return err == nil && waiting > 0
	}
}

func (s users) filledIn(t *testing.T) {
	current, stale, ahead, missing := s.register(t), s.register(t), s.register(t), newUser()
	ahead.DisplayName, ahead.Version = "ahead", 9
	s.change(t, ahead)
	source := "replicatest_source"
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		create := "CREATE TABLE " + source + ` AS
			SELECT user_id AS id, display_name, is_active, role, version, '' AS email, '' AS email_key FROM ` +
			s.table + " WHERE user_id IS NULL"
		if err := s.db.Conn(ctx).Exec(create).Error; err != nil {
			return err
		}
		stale.DisplayName, stale.Version = "fresh", 2
		missing.Version = 3
		old := ahead
		old.DisplayName, old.Version = "behind", 8
		for _, u := range []events.User{current, stale, old, missing} {
			err := s.db.Conn(ctx).Exec("INSERT INTO "+source+" VALUES (?, ?, ?, ?, ?, ?, ?)",
				u.UserID, u.DisplayName, u.IsActive, u.Role, u.Version, u.Email, text.Fold(u.Email)).Error
			if err != nil {
				return err
			}
		}
		return nil
	}))
	for _, copied := range []int64{2, 0} { // again finds nothing to do
		require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
			n, err := s.users.Backfill(ctx, "SELECT id AS user_id, display_name, is_active, role, version, email, email_key FROM "+source)
			require.Equal(t, copied, n)
			return err
		}))
		for _, u := range []events.User{current, stale, ahead, missing} {
			s.requireIs(t, u)
		}
	}
}

// Addresses are compared without case, and followed when they change.
func (s users) byEmail(t *testing.T) {
	u := newUser()
	u.Email = u.UserID.String() + "@Exämple.com"
	require.NoError(t, s.publish(t.Context(), events.UserRegistered{User: u, At: monday}))
	lock := func(email string) (user replica.User, ok bool) {
		t.Helper()
		require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) (err error) {
			user, ok, err = s.users.LockByEmail(ctx, email)
			return err
		}))
		return user, ok
	}
	if !s.withEmail {
		require.ErrorContains(t, s.db.Do(t.Context(), func(ctx context.Context) error {
			_, _, err := s.users.LockByEmail(ctx, u.Email)
			return err
		}), "does not keep addresses")
		return
	}
	for _, email := range []string{u.Email, u.UserID.String() + "@eXÄMPLE.COM"} {
		got, ok := lock(email)
		require.True(t, ok)
		require.Equal(t, u.UserID, got.ID)
		require.Equal(t, u.Email, got.Email, "as its owner writes it")
	}
	former := u.Email
	u.Email, u.Version = u.UserID.String()+"@example.org", 2
	s.change(t, u)
	_, ok := lock(former)
	require.False(t, ok)
	got, ok := lock(u.Email)
	require.True(t, ok)
	require.Equal(t, u.UserID, got.ID)
	_, _, err := s.users.LockByEmail(t.Context(), u.Email)
	require.ErrorContains(t, err, "unit of work")
}
