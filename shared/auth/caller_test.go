package auth_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Every caller, of something personal and of something of an organisation.
func TestWhoSeesAndWhoManages(t *testing.T) {
	t.Parallel()
	owner, organization := ids.New(), ids.New()
	for name, c := range map[string]struct {
		user                          ids.ID
		system                        auth.Role
		role                          auth.OrganizationRole
		seesPersonal, managesPersonal bool
		seesShared, managesShared     bool
	}{
		"nobody":       {},
		"stranger":     {user: ids.New(), system: auth.RoleUser},
		"owner":        {user: owner, system: auth.RoleUser, seesPersonal: true, managesPersonal: true},
		"member":       {user: ids.New(), system: auth.RoleUser, role: auth.OrganizationMember, seesShared: true},
		"admin":        {user: ids.New(), system: auth.RoleUser, role: auth.OrganizationAdmin, seesShared: true, managesShared: true},
		"its owner":    {user: ids.New(), system: auth.RoleUser, role: auth.OrganizationOwner, seesShared: true, managesShared: true},
		"system admin": {user: ids.New(), system: auth.RoleAdmin, seesPersonal: true, seesShared: true},
	} {
		by := auth.Caller{Principal: auth.Principal{UserID: c.user, Role: c.system}, OrganizationRole: c.role}
		require.Equal(t, c.seesPersonal, by.Sees(owner, nil), name)
		require.Equal(t, c.managesPersonal, by.Manages(owner, nil), name)
		require.Equal(t, c.seesShared, by.Sees(owner, &organization), name)
		require.Equal(t, c.managesShared, by.Manages(owner, &organization), name)
	}
}

func TestARightIsNotRecordedAsThatOfAnAdmin(t *testing.T) {
	t.Parallel()
	refusal := errors.New("no")
	for _, c := range []struct {
		role           auth.Role
		right, asAdmin bool
		err            error
	}{
		{auth.RoleUser, true, false, nil},
		{auth.RoleUser, false, false, refusal},
		{auth.RoleAdmin, true, false, nil},
		{auth.RoleAdmin, false, true, nil},
	} {
		asAdmin, err := auth.Principal{Role: c.role}.Allow(c.right, refusal)
		require.Equal(t, c.asAdmin, asAdmin, c)
		require.Equal(t, c.err, err, c)
	}
}
