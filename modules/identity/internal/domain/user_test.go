package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func someUser(t *testing.T, role auth.Role) *User {
	t.Helper()
	r, err := NewRegistration("ada@example.com", "correct horse", nil, PasswordPolicy{MinLength: 8})
	require.NoError(t, err)
	return NewUser(ids.New(), r, role, "hash", now)
}

func change(t *testing.T, displayName, role *string, active *bool) UserChange {
	t.Helper()
	c, err := NewUserChange(displayName, role, active)
	require.NoError(t, err)
	return c
}

func TestANewUserIsActiveAndCalledByTheLocalPart(t *testing.T) {
	t.Parallel()
	s := someUser(t, auth.RoleUser).State()
	require.Equal(t, "ada", s.DisplayName)
	require.True(t, s.IsActive)
	require.False(t, s.EmailVerified)
	require.EqualValues(t, 1, s.Version)
}

func TestAChangeCountsOnlyIfItChangesSomething(t *testing.T) {
	t.Parallel()
	u := someUser(t, auth.RoleUser)
	later := now.Add(time.Hour)
	require.NoError(t, u.Apply(change(t, new("ada"), new("user"), new(true)), false, later))
	require.EqualValues(t, 1, u.State().Version)
	require.Equal(t, now, u.State().UpdatedAt)
	require.NoError(t, u.Apply(change(t, new(" Ada "), nil, nil), false, later))
	require.Equal(t, "Ada", u.State().DisplayName)
	require.EqualValues(t, 2, u.State().Version)
	require.Equal(t, later, u.State().UpdatedAt)
}

func TestTheLastAdminStaysAnActiveAdmin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change    UserChange
		lastAdmin bool
		want      error
	}{
		"demoted":                     {change(t, nil, new("user"), nil), true, ErrLastAdmin},
		"deactivated":                 {change(t, nil, nil, new(false)), true, ErrLastAdmin},
		"both":                        {change(t, nil, new("user"), new(false)), true, ErrLastAdmin},
		"renamed":                     {change(t, new("Ada"), nil, nil), true, nil},
		"what they are already":       {change(t, nil, new("admin"), new(true)), true, nil},
		"demoted, with another admin": {change(t, nil, new("user"), nil), false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := someUser(t, auth.RoleAdmin)
			require.ErrorIs(t, u.Apply(c.change, c.lastAdmin, now), c.want)
			if c.want != nil {
				require.True(t, u.IsActiveAdmin())
				require.EqualValues(t, 1, u.State().Version)
			}
		})
	}
	u := someUser(t, auth.RoleUser)
	require.NoError(t, u.Apply(change(t, nil, nil, new(false)), true, now), "not an admin, so not the last one")
}

func TestWhoMayManageUsers(t *testing.T) {
	t.Parallel()
	require.NoError(t, CheckMayManageUsers(auth.Principal{Role: auth.RoleAdmin}))
	require.Error(t, CheckMayManageUsers(auth.Principal{Role: auth.RoleUser}))
	require.NoError(t, CheckMayChangeSelf(change(t, new("Ada"), nil, nil)))
	require.Error(t, CheckMayChangeSelf(change(t, nil, new("admin"), nil)))
	require.Error(t, CheckMayChangeSelf(change(t, nil, nil, new(true))))
}
