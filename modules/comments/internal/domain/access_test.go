package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// All of them see the task; who does not is the store's part.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	somebody := func(role auth.Role) auth.Principal { return auth.Principal{UserID: ids.New(), Role: role} }
	owner, assignee, author := somebody(auth.RoleUser), somebody(auth.RoleUser), somebody(auth.RoleUser)
	admin, reader := somebody(auth.RoleAdmin), somebody(auth.RoleUser)
	personal := newTask(func(t *domain.Task) { t.Project.OwnerID, t.AssigneeID = owner.UserID, &assignee.UserID })
	organisations := personal
	organisations.Project.OrganizationID = new(ids.New())
	unassigned := personal
	unassigned.AssigneeID = nil

	for name, c := range map[string]struct {
		caller                  auth.Principal
		task                    domain.Task
		comment, change, delete bool
	}{
		"owner":                         {owner, personal, true, false, false},
		"assignee":                      {assignee, personal, true, false, false},
		"system admin":                  {admin, personal, true, false, true},
		"reader":                        {reader, personal, false, false, false},
		"author who only reads now":     {author, personal, false, true, true},
		"former assignee":               {assignee, unassigned, false, false, false},
		"maker of an organisation's":    {owner, organisations, false, false, false},
		"assignee in an organisation's": {assignee, organisations, true, false, false},
		"system admin, organisation's":  {admin, organisations, true, false, true},
		"nobody":                        {auth.Principal{}, unassigned, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := newComment(t, c.task).State()
			state.AuthorID = author.UserID
			written := domain.Restore(state, c.task)
			requireMay(t, c.comment, c.task.CheckMayComment(c.caller))
			requireMay(t, c.change, written.CheckMayChange(c.caller))
			requireMay(t, c.delete, written.CheckMayDelete(c.caller))
		})
	}
}

func requireMay(t *testing.T, may bool, err error) {
	t.Helper()
	if may {
		require.NoError(t, err)
		return
	}
	require.Equal(t, errs.Forbidden, errs.KindOf(err))
}
