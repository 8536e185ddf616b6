package domain_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

var (
	born  = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	later = born.Add(time.Hour)
)

func organization(t *testing.T) *domain.Organization {
	t.Helper()
	draft, err := domain.NewDraft("  Acme ", nil)
	require.NoError(t, err)
	require.Nil(t, draft.Slug())
	return domain.NewOrganization(ids.New(), draft, "acme", born)
}

func change(t *testing.T, name, slug *string) domain.Change {
	t.Helper()
	c, err := domain.NewChange(name, slug)
	require.NoError(t, err)
	return c
}

// A field that is added to State has to be in Change and applied, or be one of those that never change.
func TestAChangeReachesEveryField(t *testing.T) {
	t.Parallel()
	o := organization(t)
	before := o.State()
	require.Equal(t, "Acme", before.Name)
	require.EqualValues(t, 1, before.Version)
	o.Apply(change(t, new("Park"), new("park")), later)
	after := o.State()
	for field, value := range reflect.ValueOf(after).Fields() {
		was := reflect.ValueOf(before).FieldByIndex(field.Index).Interface()
		if slices.Contains([]string{"ID", "CreatedAt"}, field.Name) {
			require.Equal(t, was, value.Interface(), field.Name)
		} else {
			require.NotEqual(t, was, value.Interface(), field.Name)
		}
	}
	o.Apply(change(t, new("Park"), new("park")), later.Add(time.Hour))
	o.Apply(change(t, nil, nil), later.Add(time.Hour))
	require.Equal(t, after, o.State(), "what says the same again is no change")
}

func TestEveryRefusedFieldIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := domain.NewDraft(" ", new("A"))
	var e *errs.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 2)
	_, err = domain.NewInvitation(nil, nil, "king")
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 2)
}

func TestTheFormOfASlug(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "7", "acme", "a-b", "a--b", "0-0", strings.Repeat("a", 63)} {
		_, err := domain.NewDraft("Acme", &good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"", "-", "-a", "a-", "A", "ä", "a b", "a_b", "a\nb", strings.Repeat("a", 64)} {
		_, err := domain.NewDraft("Acme", &bad)
		require.Equal(t, errs.Invalid, errs.KindOf(err), bad)
	}
}

// Whatever the name, what is derived from it would be taken as a slug, and so would its variants.
func TestADerivedSlugIsASlug(t *testing.T) {
	t.Parallel()
	same := func(s string) string { return s }
	require.Equal(t, domain.Slug("acme-sons"), domain.DeriveSlug("  ACME & Sons!", same))
	require.Equal(t, domain.Slug("organization"), domain.DeriveSlug("日本", same))
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.StringMatching(`[aB0 -]{0,90}`)).Draw(t, "name")
		derived := domain.DeriveSlug(name, same)
		for _, slug := range []domain.Slug{derived, derived.Suffixed(ids.New()), derived.Suffixed(ids.New()).Suffixed(ids.New())} {
			c, err := domain.NewChange(nil, new(string(slug)))
			require.NoError(t, err, slug)
			o := domain.Restore(domain.State{})
			o.Apply(c, later)
			require.Equal(t, slug, o.State().Slug)
		}
		require.NotEqual(t, derived, derived.Suffixed(ids.New()))
	})
}

func member(role domain.Role) *domain.Member {
	return domain.NewMember(ids.New(), domain.User{ID: ids.New()}, role, born)
}

func TestTheLastOwnerStaysOne(t *testing.T) {
	t.Parallel()
	for _, role := range []domain.Role{domain.RoleAdmin, domain.RoleMember} {
		m := member(domain.RoleOwner)
		before := m.State()
		require.ErrorIs(t, m.SetRole(role, true), domain.ErrLastOwner)
		require.ErrorIs(t, m.Leave(true), domain.ErrLastOwner)
		require.NoError(t, m.SetRole(domain.RoleOwner, true), "which they are")
		require.Equal(t, before, m.State())
		require.NoError(t, m.SetRole(role, false))
		require.EqualValues(t, 2, m.State().Version)

		m = member(role)
		require.NoError(t, m.SetRole(domain.RoleOwner, true))
		require.NoError(t, member(role).Leave(true), "nobody counts on them")
	}
}

// Every decision for every caller: whether they may, and whether only as a system admin.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const may, no, asAdmin = "may", "may not", "as admin"
	callers := []struct {
		role     domain.Role
		sysadmin bool
	}{
		{domain.RoleOwner, false},
		{domain.RoleAdmin, false},
		{domain.RoleMember, false},
		{domain.RoleNone, true},
		{domain.RoleOwner, true},
		{domain.RoleAdmin, true},
		{domain.RoleMember, true},
	}
	owner, admin, plain := member(domain.RoleOwner), member(domain.RoleAdmin), member(domain.RoleMember)
	type decision func(domain.Standing) (bool, error)
	set := func(m *domain.Member, role *domain.Role) decision {
		return func(s domain.Standing) (bool, error) { return s.CheckMaySetRole(m, role) }
	}
	add := func(role domain.Role) decision {
		return func(s domain.Standing) (bool, error) { return s.CheckMayAdd(role) }
	}
	remove := func(m *domain.Member) decision {
		return func(s domain.Standing) (bool, error) { return s.CheckMayRemove(m) }
	}
	ofOwners := []string{may, no, no, asAdmin, may, asAdmin, asAdmin}
	ofAdmins := []string{may, may, no, asAdmin, may, may, asAdmin}
	for name, c := range map[string]struct {
		decide decision
		want   []string // in the order of callers
	}{
		"change":               {domain.Standing.CheckMayChange, ofOwners},
		"add a member":         {add(domain.RoleMember), ofAdmins},
		"add an admin":         {add(domain.RoleAdmin), ofAdmins},
		"add an owner":         {add(domain.RoleOwner), ofOwners},
		"promote a member":     {set(plain, new(domain.RoleAdmin)), ofAdmins},
		"demote an admin":      {set(admin, new(domain.RoleMember)), ofAdmins},
		"make an owner":        {set(admin, new(domain.RoleOwner)), ofOwners},
		"demote an owner":      {set(owner, new(domain.RoleMember)), ofOwners},
		"touch an owner":       {set(owner, nil), ofOwners},
		"touch a member":       {set(plain, nil), ofAdmins},
		"remove a member":      {remove(plain), ofAdmins},
		"remove an admin":      {remove(admin), ofAdmins},
		"remove another owner": {remove(owner), ofOwners},
	} {
		for i, caller := range callers {
			s := domain.Standing{Caller: auth.Principal{UserID: ids.New(), Role: auth.RoleUser}, Role: caller.role}
			if caller.sysadmin {
				s.Caller.Role = auth.RoleAdmin
			}
			as, err := c.decide(s)
			got := may
			switch {
			case err != nil:
				require.Equal(t, errs.Forbidden, errs.KindOf(err))
				got = no
			case as:
				got = asAdmin
			}
			require.Equal(t, c.want[i], got, "%s: %+v", name, caller)
			require.NoError(t, s.CheckSees())
		}
	}

	stranger := domain.Standing{Caller: auth.Principal{UserID: ids.New(), Role: auth.RoleUser}}
	require.ErrorIs(t, stranger.CheckSees(), domain.ErrNotFound)
	for _, m := range []*domain.Member{owner, admin, plain} { // everybody may leave, and as what they are
		as, err := domain.Standing{
			Caller: auth.Principal{UserID: m.State().UserID, Role: auth.RoleAdmin}, Role: m.State().Role,
		}.CheckMayRemove(m)
		require.NoError(t, err)
		require.False(t, as)
	}
	require.NoError(t, domain.CheckMayListAll(auth.Principal{Role: auth.RoleAdmin}))
	require.Equal(t, errs.Forbidden, errs.KindOf(domain.CheckMayListAll(auth.Principal{Role: auth.RoleUser})))
}
