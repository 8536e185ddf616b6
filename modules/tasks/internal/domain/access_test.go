package domain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	owner, assignee := auth.Principal{UserID: someone}, auth.Principal{UserID: ids.New()}
	admin, other := auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}, auth.Principal{UserID: ids.New()}

	personal := project()
	organisations := project()
	organisations.OrganizationID = new(ids.New())
	for name, c := range map[string]struct {
		project             Project
		caller              auth.Principal
		add, change, delete bool
	}{
		"owner":               {personal, owner, true, true, true},
		"admin":               {personal, admin, true, true, true},
		"assignee":            {personal, assignee, false, true, false},
		"anybody else":        {personal, other, false, false, false},
		"maker, organisation": {organisations, owner, false, false, false},
		"admin, organisation": {organisations, admin, true, true, true},
	} {
		task := taskOf(t, c.project, Fields{AssigneeID: patch.To(assignee.UserID)})
		for what, check := range map[string]struct {
			may bool
			err error
		}{
			"add":    {c.add, c.project.CheckMayAddTasks(c.caller)},
			"change": {c.change, task.CheckMayChange(c.caller)},
			"delete": {c.delete, task.CheckMayDelete(c.caller)},
		} {
			if check.may {
				require.NoError(t, check.err, "%s: %s", name, what)
			} else {
				require.Equal(t, errs.Forbidden, errs.KindOf(check.err), "%s: %s", name, what)
			}
		}
	}
}
