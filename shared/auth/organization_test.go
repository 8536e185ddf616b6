package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
)

// What a newer program calls a role gives no rights in this one.
func TestAnUnknownRoleIsNone(t *testing.T) {
	t.Parallel()
	for role, want := range map[auth.OrganizationRole][2]bool{
		"": {}, "guest": {}, "Owner": {},
		auth.OrganizationMember: {true, false}, auth.OrganizationAdmin: {true, true}, auth.OrganizationOwner: {true, true},
	} {
		require.Equal(t, want, [2]bool{role.IsMember(), role.Manages()}, "%q", role)
	}
}
