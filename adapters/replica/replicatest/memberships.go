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
)

// Memberships holds a module's copy of memberships against the contract, on clean databases of both dialects. What
// prepare does to them comes first; a table that is made by a migration needs none.
func Memberships(t *testing.T, table string, prepare ...func(t *testing.T, db *database.DB)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		for _, p := range prepare {
			p(t, db)
		}
		bus := eventbus.New(slog.New(slog.DiscardHandler))
		const organizations = "organizations"
		eventbus.Publishes[events.MemberAdded](bus, organizations)
		eventbus.Publishes[events.MemberChanged](bus, organizations)
		eventbus.Publishes[events.MemberRemoved](bus, organizations)
		eventbus.Publishes[events.OrganizationDeleted](bus, organizations)
		s := memberships{db: db, bus: bus, members: replica.NewMemberships(db, table), table: table}
		s.members.Keep(bus, "replicatest", replica.Also{
			// The copy still has the members of a deleted organisation, and no longer the removed member.
			AfterRemoval: func(ctx context.Context, e events.MemberRemoved) error {
				s.requireRole(ctx, t, e.OrganizationID, e.UserID, "")
				return nil
			},
			BeforeDeletion: func(ctx context.Context, e events.OrganizationDeleted) error {
				return s.members.LockAll(ctx, e.OrganizationID)
			},
		})
		bus.Freeze()
		db.Use(bus)
		t.Run("a member is known until they are removed", s.fromAdditionToRemoval)
		t.Run("a change that was overtaken changes nothing", s.overtaken)
		t.Run("an organisation goes with all of its members", s.deleted)
		t.Run("a refused unit of work leaves no trace", s.refused)
		t.Run("a lock is for units of work", s.lockOutside)
		t.Run("a locked member stays what they are", s.locked)
		t.Run("an organisation that is held stays", s.held)
		t.Run("who sees what", s.sees)
		t.Run("what is missing or older is filled in", s.filledIn)
	})
}

type memberships struct {
	db      *database.DB
	bus     *eventbus.Bus
	members *replica.Memberships
	table   string
}

func (s memberships) publish(ctx context.Context, e eventbus.Event) error {
	return s.db.Do(ctx, func(ctx context.Context) error { return s.bus.Publish(ctx, e) })
}

// join makes somebody a member, of a new organisation if it is the zero one.
func (s memberships) join(t *testing.T, organization ids.ID, role auth.OrganizationRole) events.Membership {
	t.Helper()
	m := events.Membership{OrganizationID: organization, UserID: ids.New(), Role: string(role), Version: 1}
	if organization.IsZero() {
		m.OrganizationID = ids.New()
	}
	require.NoError(t, s.publish(t.Context(), events.MemberAdded{Membership: m, At: monday}))
	return m
}

func (s memberships) requireRole(
	ctx context.Context, t *testing.T, organization, user ids.ID, want auth.OrganizationRole,
) {
	t.Helper()
	role, err := s.members.Find(ctx, organization, user)
	require.NoError(t, err)
	require.Equal(t, want, role)
	require.NoError(t, s.db.Do(ctx, func(ctx context.Context) error {
		roles, err := s.members.Lock(ctx, organization, ids.New(), user)
		require.Equal(t, want, roles[user])
		require.LessOrEqual(t, len(roles), 1)
		return err
	}))
}

// requireIs expects the copy to be like m.
func (s memberships) requireIs(t *testing.T, m events.Membership) {
	t.Helper()
	s.requireRole(t.Context(), t, m.OrganizationID, m.UserID, auth.OrganizationRole(m.Role))
}

func (s memberships) requireNone(t *testing.T, m events.Membership) {
	t.Helper()
	s.requireRole(t.Context(), t, m.OrganizationID, m.UserID, "")
}

func (s memberships) fromAdditionToRemoval(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationOwner)
	other := s.join(t, m.OrganizationID, auth.OrganizationMember)
	elsewhere := m
	elsewhere.OrganizationID = ids.New()
	s.requireIs(t, m)
	s.requireIs(t, other)
	s.requireNone(t, elsewhere)
	m.Role, m.Version = string(auth.OrganizationAdmin), 2
	require.NoError(t, s.publish(t.Context(), events.MemberChanged{Membership: m, At: monday}))
	s.requireIs(t, m)
	for range 2 { // the second finds nothing, and that is well
		require.NoError(t, s.publish(t.Context(), events.MemberRemoved{Membership: m, At: monday}))
		s.requireNone(t, m)
	}
	s.requireIs(t, other)
	m.Role, m.Version = string(auth.OrganizationMember), 3
	require.NoError(t, s.publish(t.Context(), events.MemberAdded{Membership: m, At: monday}))
	s.requireIs(t, m)
}

func (s memberships) overtaken(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationMember)
	m.Role, m.Version = string(auth.OrganizationAdmin), 5
	require.NoError(t, s.publish(t.Context(), events.MemberChanged{Membership: m, At: monday}))
	for _, version := range []int64{1, 4, 5} {
		older := m
		older.Role, older.Version = string(auth.OrganizationOwner), version
		require.NoError(t, s.publish(t.Context(), events.MemberAdded{Membership: older, At: monday}))
		require.NoError(t, s.publish(t.Context(), events.MemberChanged{Membership: older, At: monday}))
		s.requireIs(t, m)
	}
}

func (s memberships) deleted(t *testing.T) {
	one := s.join(t, ids.ID{}, auth.OrganizationOwner)
	two := s.join(t, one.OrganizationID, auth.OrganizationMember)
	other := s.join(t, ids.ID{}, auth.OrganizationOwner)
	for range 2 {
		require.NoError(t, s.publish(t.Context(), events.OrganizationDeleted{OrganizationID: one.OrganizationID, At: monday}))
	}
	s.requireNone(t, one)
	s.requireNone(t, two)
	s.requireIs(t, other)
}

func (s memberships) refused(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationMember)
	require.ErrorIs(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		require.NoError(t, s.bus.Publish(ctx, events.MemberRemoved{Membership: m, At: monday}))
		return context.Canceled
	}), context.Canceled)
	s.requireIs(t, m)
}

func (s memberships) lockOutside(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationMember)
	_, err := s.members.Lock(t.Context(), m.OrganizationID, m.UserID)
	require.Error(t, err)
	_, err = s.members.LockOrganization(t.Context(), m.OrganizationID)
	require.Error(t, err)
	require.Error(t, s.members.LockAll(t.Context(), m.OrganizationID))
}

func (s memberships) locked(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationMember)
	s.requireWaits(t, func(ctx context.Context) error {
		_, err := s.members.Lock(ctx, m.OrganizationID, m.UserID)
		return err
	}, events.MemberRemoved{Membership: m, At: monday})
	s.requireNone(t, m)
}

func (s memberships) held(t *testing.T) {
	m := s.join(t, ids.ID{}, auth.OrganizationOwner)
	hold := func(want bool) func(context.Context) error {
		return func(ctx context.Context) error {
			exists, err := s.members.LockOrganization(ctx, m.OrganizationID)
			require.Equal(t, want, exists)
			return err
		}
	}
	s.requireWaits(t, hold(true), events.OrganizationDeleted{OrganizationID: m.OrganizationID, At: monday})
	require.NoError(t, s.db.Do(t.Context(), hold(false)))
}

// requireWaits expects that an event is not heard before a unit of work that holds something ends.
func (s memberships) requireWaits(t *testing.T, hold func(context.Context) error, e eventbus.Event) {
	t.Helper()
	happened := make(chan error, 1)
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		if err := hold(ctx); err != nil {
			return err
		}
		go func() { happened <- s.publish(context.WithoutCancel(t.Context()), e) }()
		if s.db.Dialect() == database.Postgres { // on SQLite a unit of work is the only writer
			require.Eventually(t, users{db: s.db}.somebodyWaits(t), 10*time.Second, 5*time.Millisecond)
		}
		return hold(ctx)
	}))
	require.NoError(t, <-happened)
}

// What is seen follows from the owner and the organisation alone, in a table that has both.
func (s memberships) sees(t *testing.T) {
	owner, stranger := ids.New(), ids.New()
	member := s.join(t, ids.ID{}, auth.OrganizationMember)
	s.join(t, ids.ID{}, auth.OrganizationOwner)
	admin := auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}
	visible := func(caller auth.Principal, organization *ids.ID) (yes bool) {
		sees := s.members.Sees("thing", caller)
		require.NoError(t, s.db.Conn(t.Context()).Raw("SELECT "+sees.SQL+" FROM (SELECT "+s.uuid()+" AS owner_id, "+s.uuid()+
			" AS organization_id) AS thing", append(sees.Args, owner, organization)...).Scan(&yes).Error)
		return yes
	}
	for _, c := range []struct {
		caller              auth.Principal
		personal, organized bool
	}{
		{auth.Principal{UserID: owner}, true, false},
		{auth.Principal{UserID: member.UserID}, false, true},
		{auth.Principal{UserID: stranger}, false, false},
		{auth.Principal{}, false, false},
		{admin, true, true},
	} {
		require.Equal(t, c.personal, visible(c.caller, nil))
		require.Equal(t, c.organized, visible(c.caller, &member.OrganizationID))
	}
	for user, want := range map[ids.ID]bool{member.UserID: true, stranger: false, admin.UserID: false} {
		var yes bool
		included := s.members.Includes(member.OrganizationID, user)
		require.NoError(t, s.db.Conn(t.Context()).Raw("SELECT "+included.SQL, included.Args...).Scan(&yes).Error)
		require.Equal(t, want, yes)
	}
}

func (s memberships) uuid() string {
	if s.db.Dialect() == database.Postgres {
		return "CAST(? AS uuid)"
	}
	return "CAST(? AS text)"
}

func (s memberships) filledIn(t *testing.T) {
	stale, ahead := s.join(t, ids.ID{}, auth.OrganizationMember), s.join(t, ids.ID{}, auth.OrganizationMember)
	ahead.Role, ahead.Version = string(auth.OrganizationOwner), 9
	require.NoError(t, s.publish(t.Context(), events.MemberChanged{Membership: ahead, At: monday}))
	missing := events.Membership{OrganizationID: ids.New(), UserID: ids.New(), Role: "admin", Version: 3}
	source := "replicatest_memberships"
	require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
		create := "CREATE TABLE " + source + " AS SELECT * FROM " + s.table + " WHERE user_id IS NULL"
		if err := s.db.Conn(ctx).Exec(create).Error; err != nil {
			return err
		}
		stale.Role, stale.Version = "admin", 2
		old := ahead
		old.Role, old.Version = "member", 8
		for _, m := range []events.Membership{stale, old, missing} {
			err := s.db.Conn(ctx).Exec("INSERT INTO "+source+" VALUES (?, ?, ?, ?)",
				m.OrganizationID, m.UserID, m.Role, m.Version).Error
			if err != nil {
				return err
			}
		}
		return nil
	}))
	for _, copied := range []int64{2, 0} { // again finds nothing to do
		require.NoError(t, s.db.Do(t.Context(), func(ctx context.Context) error {
			n, err := s.members.Backfill(ctx, "SELECT organization_id, user_id, role, version FROM "+source)
			require.Equal(t, copied, n)
			return err
		}))
		for _, m := range []events.Membership{stale, ahead, missing} {
			s.requireIs(t, m)
		}
	}
}
