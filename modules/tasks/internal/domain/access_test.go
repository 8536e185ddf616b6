package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
)

const (
	no = iota
	yes
	asAdmin
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	assignee, other := ids.New(), ids.New()
	as := func(user ids.ID, system auth.Role, role auth.OrganizationRole) auth.Caller {
		return auth.Caller{Principal: auth.Principal{UserID: user, Role: system}, OrganizationRole: role}
	}
	owner := as(someone, auth.RoleUser, "")
	personal := project()
	organisations := project()
	organisations.OrganizationID = new(ids.New())
	for name, c := range map[string]struct {
		project                  Project
		by                       auth.Caller
		see, add, change, delete int
	}{
		"owner":              {personal, owner, yes, yes, yes, yes},
		"system admin":       {personal, as(other, auth.RoleAdmin, ""), yes, asAdmin, asAdmin, asAdmin},
		"owner and admin":    {personal, as(someone, auth.RoleAdmin, ""), yes, yes, yes, yes},
		"assignee":           {personal, as(assignee, auth.RoleUser, ""), yes, no, yes, no},
		"assignee and admin": {personal, as(assignee, auth.RoleAdmin, ""), yes, asAdmin, yes, asAdmin},
		"anybody else":       {personal, as(other, auth.RoleUser, ""), no, no, no, no},

		"maker, organisation":        {organisations, owner, no, no, no, no},
		"owner of the organisation":  {organisations, as(other, auth.RoleUser, auth.OrganizationOwner), yes, yes, yes, yes},
		"admin of the organisation":  {organisations, as(other, auth.RoleUser, auth.OrganizationAdmin), yes, yes, yes, yes},
		"member of the organisation": {organisations, as(other, auth.RoleUser, auth.OrganizationMember), yes, no, no, no},
		"member and assignee":        {organisations, as(assignee, auth.RoleUser, auth.OrganizationMember), yes, no, yes, no},
		"system admin, organisation": {organisations, as(other, auth.RoleAdmin, ""), yes, asAdmin, asAdmin, asAdmin},
		"system admin and member": {
			organisations, as(other, auth.RoleAdmin, auth.OrganizationMember), yes, asAdmin, asAdmin, asAdmin,
		},
		"system admin and owner": {organisations, as(other, auth.RoleAdmin, auth.OrganizationOwner), yes, yes, yes, yes},
	} {
		task := taskOf(t, c.project, Fields{AssigneeID: patch.To(assignee)})
		require.Equal(t, c.see == yes, task.SeenBy(c.by), name)
		if assigned := c.by.UserID == assignee; !assigned {
			require.Equal(t, c.see == yes, c.project.CheckStillSees(c.by) == nil, name)
		}
		requireMay(t, c.add, name+" adds")(c.project.CheckMayAddTasks(c.by))
		requireMay(t, c.change, name+" changes")(task.CheckMayChange(c.by))
		requireMay(t, c.delete, name+" deletes")(task.CheckMayDelete(c.by))
	}
	require.ErrorIs(t, organisations.CheckStillSees(owner), ErrProjectNotFound)
}

func requireMay(t *testing.T, want int, name string) func(bool, error) {
	t.Helper()
	return func(only bool, err error) {
		t.Helper()
		require.Equal(t, want == asAdmin, only, name)
		if want == no {
			require.Equal(t, errs.Forbidden, errs.KindOf(err), name)
		} else {
			require.NoError(t, err, name)
		}
	}
}

func TestWhoCanBeAnAssignee(t *testing.T) {
	t.Parallel()
	personal, organisations := project(), project()
	organisations.OrganizationID = new(ids.New())
	require.True(t, personal.Assignable(""))
	require.False(t, organisations.Assignable(""))
	for _, role := range []auth.OrganizationRole{auth.OrganizationMember, auth.OrganizationAdmin, auth.OrganizationOwner} {
		require.True(t, organisations.Assignable(role))
	}
}
