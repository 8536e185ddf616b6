// Package portstest is the contract that every implementation of the module's ports keeps.
package portstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Stores is an implementation on a clean database.
type Stores struct {
	Work     uow.UnitOfWork
	Comments ports.Comments
	Tasks    ports.Tasks
	// AddUser keeps a copy of a user.
	AddUser func(ctx context.Context, id ids.ID, name string) error
	// AddMember keeps a copy of a membership.
	AddMember func(ctx context.Context, organizationID, userID ids.ID, role auth.OrganizationRole) error
}

// Run holds the implementation against the contract.
func Run(t *testing.T, stores Stores) {
	for name, test := range map[string]func(suite, *testing.T){
		"a comment comes back as it was kept":       suite.roundTrip,
		"who sees a task sees its comments":         suite.visibility,
		"update keeps what grew":                    suite.update,
		"delete removes":                            suite.deletes,
		"a refusal leaves nothing":                  suite.rollback,
		"a held task, and who asked for it":         suite.holds,
		"an older copy never replaces a newer":      suite.put,
		"a task is of a project that is known":      suite.unknownProject,
		"a comment is on a task that is known":      suite.unknownTask,
		"forgetting a task takes its comments":      suite.forgetTask,
		"forgetting a project takes all of it":      suite.forgetProject,
		"a walk sees what stays exactly once":       suite.walks,
		"a list cannot be sorted by anything":       suite.unknownSort,
		"a task without comments has an empty list": suite.empty,
		"who has which part in a held task":         suite.roles,
		"tasks are taken from somebody":             suite.unassigns,
		"an organisation goes with its comments":    suite.forgetsOrganization,
	} {
		t.Run(name, func(t *testing.T) { test(suite{stores}, t) })
	}
}

var (
	monday  = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	errStop = errors.New("stop")
)

type suite struct{ Stores }

func (s suite) do(t *testing.T, fn func(context.Context) error) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), fn))
}

// principal is a new user whom the stores know.
func (s suite) principal(t *testing.T, name string) auth.Principal {
	t.Helper()
	caller := auth.Principal{UserID: ids.New(), Role: auth.RoleUser}
	s.do(t, func(ctx context.Context) error { return s.AddUser(ctx, caller.UserID, name) })
	return caller
}

func admin() auth.Principal { return auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin} }

func (s suite) project(t *testing.T, owner auth.Principal, alter ...func(*domain.Project)) domain.Project {
	t.Helper()
	p := domain.Project{ID: ids.New(), OwnerID: owner.UserID, Version: 1}
	for _, a := range alter {
		a(&p)
	}
	s.do(t, func(ctx context.Context) error { return s.Tasks.PutProject(ctx, p) })
	return p
}

func ofOrganisation(p *domain.Project) { p.OrganizationID = new(ids.New()) }

// of gives a project to an organisation.
func of(organization ids.ID) func(*domain.Project) {
	return func(p *domain.Project) { p.OrganizationID = &organization }
}

// join makes somebody a member of an organisation.
func (s suite) join(t *testing.T, organization ids.ID, who auth.Principal, role auth.OrganizationRole) {
	t.Helper()
	s.do(t, func(ctx context.Context) error { return s.AddMember(ctx, organization, who.UserID, role) })
}

func (s suite) task(t *testing.T, in domain.Project, alter ...func(*domain.Task)) domain.Task {
	t.Helper()
	task := domain.Task{ID: ids.New(), Title: "Dig", CreatedBy: ids.New(), Version: 1, Project: in}
	for _, a := range alter {
		a(&task)
	}
	s.do(t, func(ctx context.Context) error { return s.Tasks.PutTask(ctx, task) })
	return task
}

func assignedTo(caller auth.Principal) func(*domain.Task) {
	return func(t *domain.Task) { t.AssigneeID = &caller.UserID }
}

func newComment(t *testing.T, on domain.Task, by auth.Principal, body string, at time.Time) *domain.Comment {
	t.Helper()
	draft, err := domain.NewDraft(body)
	require.NoError(t, err)
	c, err := domain.NewComment(ids.New(), by.UserID, on, draft, at)
	require.NoError(t, err)
	return c
}

func (s suite) comment(t *testing.T, on domain.Task, by auth.Principal) *domain.Comment {
	t.Helper()
	c := newComment(t, on, by, "Roses 'are' red;\n日本 \"🌹\"", monday)
	s.do(t, func(ctx context.Context) error { return s.Comments.Add(ctx, c) })
	return c
}

func rewrite(t *testing.T, body *string) func(*domain.Comment, auth.Caller) error {
	t.Helper()
	change, err := domain.NewChange(body)
	require.NoError(t, err)
	return func(c *domain.Comment, _ auth.Caller) error { return c.Apply(change, monday.Add(time.Hour)) }
}

func allowed(*domain.Comment, auth.Caller) error { return nil }

func (s suite) requireGone(t *testing.T, c *domain.Comment) {
	t.Helper()
	_, err := s.Comments.Find(t.Context(), admin(), c.State().ID)
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (s suite) requireThere(t *testing.T, c *domain.Comment) {
	t.Helper()
	found, err := s.Comments.Find(t.Context(), admin(), c.State().ID)
	require.NoError(t, err)
	require.Equal(t, c.State(), found)
}
