package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

const (
	no = iota
	yes
	asAdmin
)

func TestWhoManagesAndWhoCreates(t *testing.T) {
	t.Parallel()
	personal := project(t)
	shared := personal.State()
	shared.OrganizationID = new(ids.New())
	organizations := domain.Restore(shared)
	as := func(user ids.ID, system auth.Role, role auth.OrganizationRole) auth.Caller {
		return auth.Caller{Principal: auth.Principal{UserID: user, Role: system}, OrganizationRole: role}
	}
	stranger := ids.New()
	for name, c := range map[string]struct {
		by                             auth.Caller
		personal, organization, create int
	}{
		"who made it":        {as(owner, auth.RoleUser, ""), yes, no, no},
		"stranger":           {as(stranger, auth.RoleUser, ""), no, no, no},
		"member":             {as(stranger, auth.RoleUser, auth.OrganizationMember), no, no, no},
		"who made it, admin": {as(owner, auth.RoleAdmin, ""), yes, asAdmin, asAdmin},
		"organisation admin": {as(stranger, auth.RoleUser, auth.OrganizationAdmin), no, yes, yes},
		"organisation owner": {as(stranger, auth.RoleUser, auth.OrganizationOwner), no, yes, yes},
		"system admin":       {as(stranger, auth.RoleAdmin, ""), asAdmin, asAdmin, asAdmin},
		"both admins":        {as(stranger, auth.RoleAdmin, auth.OrganizationAdmin), asAdmin, yes, yes},
		"admin and member":   {as(stranger, auth.RoleAdmin, auth.OrganizationMember), asAdmin, asAdmin, asAdmin},
	} {
		requireMay(t, c.personal, name)(personal.CheckMayManage(c.by))
		requireMay(t, c.organization, name)(organizations.CheckMayManage(c.by))
		requireMay(t, c.create, name)(domain.CheckMayCreate(c.by))
	}
	_, err := domain.CheckMayCreate(as(stranger, auth.RoleUser, ""))
	require.ErrorIs(t, err, domain.ErrOrganization, "a foreign organisation is like none")
	_, err = domain.CheckMayCreate(as(stranger, auth.RoleUser, auth.OrganizationMember))
	require.Equal(t, errs.Forbidden, errs.KindOf(err))
}

func requireMay(t *testing.T, want int, name string) func(bool, error) {
	return func(only bool, err error) {
		t.Helper()
		require.Equal(t, want != no, err == nil, "%s: %v", name, err)
		require.Equal(t, want == asAdmin, only, name)
	}
}

func TestOnlyASystemAdminListsAll(t *testing.T) {
	t.Parallel()
	require.NoError(t, domain.CheckMayListAll(auth.Principal{Role: auth.RoleAdmin}))
	require.Equal(t, errs.Forbidden, errs.KindOf(domain.CheckMayListAll(auth.Principal{Role: auth.RoleUser})))
}
