package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/fieldtest"
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

// A field that is added to State has to be in Draft, or be one of those that are given besides.
func TestADraftReachesEveryField(t *testing.T) {
	t.Parallel()
	draft, err := domain.NewDraft(" Acme ", new("acme"))
	require.NoError(t, err)
	o := domain.NewOrganization(ids.New(), draft, *draft.Slug(), born).State()
	fieldtest.RequireFilled(t, o)
	require.Equal(t, domain.State{ID: o.ID, Name: "Acme", Slug: "acme", Version: 1, CreatedAt: born, UpdatedAt: born}, o)
	m := domain.NewMember(o.ID, domain.User{ID: ids.New()}, auth.OrganizationMember, born).State()
	fieldtest.RequireFilled(t, m)
	require.Equal(t, domain.MemberState{
		OrganizationID: o.ID, UserID: m.UserID, Role: auth.OrganizationMember, Version: 1, CreatedAt: born,
	}, m)
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
	fieldtest.RequireAltered(t, before, after, "ID", "CreatedAt")
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

func member(role auth.OrganizationRole) *domain.Member {
	return domain.NewMember(ids.New(), domain.User{ID: ids.New()}, role, born)
}

func TestTheLastOwnerStaysOne(t *testing.T) {
	t.Parallel()
	for _, role := range []auth.OrganizationRole{auth.OrganizationAdmin, auth.OrganizationMember} {
		m := member(auth.OrganizationOwner)
		before := m.State()
		require.ErrorIs(t, m.SetRole(role, true), domain.ErrLastOwner)
		require.ErrorIs(t, m.Leave(true), domain.ErrLastOwner)
		require.NoError(t, m.SetRole(auth.OrganizationOwner, true), "which they are")
		require.Equal(t, before, m.State())
		require.NoError(t, m.SetRole(role, false))
		require.EqualValues(t, 2, m.State().Version)

		m = member(role)
		require.NoError(t, m.SetRole(auth.OrganizationOwner, true))
		require.NoError(t, member(role).Leave(true), "nobody counts on them")
	}
}

// Every decision for every caller: whether they may, and whether only as a system admin.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const may, no, asAdmin = "may", "may not", "as admin"
	callers := []struct {
		role     auth.OrganizationRole
		sysadmin bool
	}{
		{auth.OrganizationOwner, false},
		{auth.OrganizationAdmin, false},
		{auth.OrganizationMember, false},
		{auth.OrganizationNone, true},
		{auth.OrganizationOwner, true},
		{auth.OrganizationAdmin, true},
		{auth.OrganizationMember, true},
	}
	owner, admin, plain := member(auth.OrganizationOwner), member(auth.OrganizationAdmin), member(auth.OrganizationMember)
	acme := organization(t)
	type decision func(auth.Caller) (bool, error)
	set := func(m *domain.Member, role *auth.OrganizationRole) decision {
		return func(by auth.Caller) (bool, error) { return m.CheckMaySetRole(by, role) }
	}
	add := func(role auth.OrganizationRole) decision {
		return func(by auth.Caller) (bool, error) { return domain.CheckMayAdd(by, role) }
	}
	remove := func(m *domain.Member) decision {
		return func(by auth.Caller) (bool, error) { return m.CheckMayRemove(by) }
	}
	ofOwners := []string{may, no, no, asAdmin, may, asAdmin, asAdmin}
	ofAdmins := []string{may, may, no, asAdmin, may, may, asAdmin}
	for name, c := range map[string]struct {
		decide decision
		want   []string // in the order of callers
	}{
		"change":               {acme.CheckMayChange, ofOwners},
		"delete":               {acme.CheckMayDelete, ofOwners},
		"add a member":         {add(auth.OrganizationMember), ofAdmins},
		"add an admin":         {add(auth.OrganizationAdmin), ofAdmins},
		"add an owner":         {add(auth.OrganizationOwner), ofOwners},
		"promote a member":     {set(plain, new(auth.OrganizationAdmin)), ofAdmins},
		"demote an admin":      {set(admin, new(auth.OrganizationMember)), ofAdmins},
		"make an owner":        {set(admin, new(auth.OrganizationOwner)), ofOwners},
		"demote an owner":      {set(owner, new(auth.OrganizationMember)), ofOwners},
		"touch an owner":       {set(owner, nil), ofOwners},
		"touch a member":       {set(plain, nil), ofAdmins},
		"remove a member":      {remove(plain), ofAdmins},
		"remove an admin":      {remove(admin), ofAdmins},
		"remove another owner": {remove(owner), ofOwners},
	} {
		for i, caller := range callers {
			s := auth.Caller{
				Principal: auth.Principal{UserID: ids.New(), Role: auth.RoleUser}, OrganizationRole: caller.role,
			}
			if caller.sysadmin {
				s.Role = auth.RoleAdmin
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
			require.NoError(t, domain.CheckSees(s))
		}
	}

	stranger := auth.Caller{Principal: auth.Principal{UserID: ids.New(), Role: auth.RoleUser}}
	require.ErrorIs(t, domain.CheckSees(stranger), domain.ErrNotFound)
	for _, m := range []*domain.Member{owner, admin, plain} { // everybody may leave, and as what they are
		as, err := m.CheckMayRemove(auth.Caller{
			Principal:        auth.Principal{UserID: m.State().UserID, Role: auth.RoleAdmin},
			OrganizationRole: m.State().Role,
		})
		require.NoError(t, err)
		require.False(t, as)
	}
	require.NoError(t, domain.CheckMayListAll(auth.Principal{Role: auth.RoleAdmin}))
	require.Equal(t, errs.Forbidden, errs.KindOf(domain.CheckMayListAll(auth.Principal{Role: auth.RoleUser})))
}
