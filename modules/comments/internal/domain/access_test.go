package domain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

const (
	no = iota
	yes
	asAdmin
)

// The store lets nobody come so far who does not see the task.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	ownerID, assigneeID, authorID := ids.New(), ids.New(), ids.New()
	as := func(user ids.ID, role auth.OrganizationRole) auth.Caller {
		return auth.Caller{Principal: auth.Principal{UserID: user, Role: auth.RoleUser}, OrganizationRole: role}
	}
	admin := func(user ids.ID, role auth.OrganizationRole) auth.Caller {
		return auth.Caller{Principal: auth.Principal{UserID: user, Role: auth.RoleAdmin}, OrganizationRole: role}
	}
	owner, assignee, author, reader := as(ownerID, ""), as(assigneeID, ""), as(authorID, ""), as(ids.New(), "")
	personal := newTask(func(t *domain.Task) { t.Project.OwnerID, t.AssigneeID = ownerID, &assigneeID })
	organisations := personal
	organisations.Project.OrganizationID = new(ids.New())
	unassigned := personal
	unassigned.AssigneeID = nil

	for name, c := range map[string]struct {
		by                           auth.Caller
		task                         domain.Task
		see, comment, change, delete int
	}{
		"owner":                     {owner, personal, yes, yes, no, no},
		"assignee":                  {assignee, personal, yes, yes, no, no},
		"system admin":              {admin(ids.New(), ""), personal, yes, asAdmin, no, asAdmin},
		"system admin and author":   {admin(authorID, ""), personal, yes, asAdmin, yes, yes},
		"system admin and assignee": {admin(assigneeID, ""), personal, yes, yes, no, asAdmin},
		"reader":                    {reader, personal, no, no, no, no},
		"author":                    {author, personal, no, no, yes, yes},
		"former assignee":           {assignee, unassigned, no, no, no, no},
		"nobody":                    {auth.Caller{}, unassigned, no, no, no, no},

		"maker of an organisation's":   {owner, organisations, no, no, no, no},
		"owner of the organisation":    {as(ids.New(), auth.OrganizationOwner), organisations, yes, yes, no, no},
		"admin of the organisation":    {as(ids.New(), auth.OrganizationAdmin), organisations, yes, yes, no, no},
		"member of the organisation":   {as(ids.New(), auth.OrganizationMember), organisations, yes, no, no, no},
		"member and assignee":          {as(assigneeID, auth.OrganizationMember), organisations, yes, yes, no, no},
		"member and author":            {as(authorID, auth.OrganizationMember), organisations, yes, no, yes, yes},
		"system admin, organisation's": {admin(ids.New(), ""), organisations, yes, asAdmin, no, asAdmin},
		"system admin, and its owner":  {admin(ids.New(), auth.OrganizationOwner), organisations, yes, yes, no, asAdmin},
		"system admin, and a mere reader": {
			admin(ids.New(), auth.OrganizationMember), organisations, yes, asAdmin, no, asAdmin,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := newComment(t, c.task).State()
			state.AuthorID = authorID
			written := domain.Restore(state, c.task)
			require.Equal(t, c.see == yes, c.task.SeenBy(c.by))
			requireMay(t, c.comment)(c.task.CheckMayComment(c.by))
			requireMay(t, c.change)(false, written.CheckMayChange(c.by))
			requireMay(t, c.delete)(written.CheckMayDelete(c.by))
		})
	}
}

func requireMay(t *testing.T, want int) func(bool, error) {
	t.Helper()
	return func(only bool, err error) {
		t.Helper()
		require.Equal(t, want == asAdmin, only)
		if want == no {
			require.Equal(t, errs.Forbidden, errs.KindOf(err))
		} else {
			require.NoError(t, err)
		}
	}
}
