// Package portstest is the contract that every implementation of the module's ports keeps.
package portstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/modules/organizations/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Stores is an implementation on a clean database.
type Stores struct {
	Work          uow.UnitOfWork
	Organizations ports.Organizations
	Members       ports.Members
	Users         ports.Users
	// AddUser keeps the copy of a user, in a unit of work.
	AddUser func(ctx context.Context, u domain.User) error
}

// Run holds the implementation against the contract.
func Run(t *testing.T, stores Stores) {
	for name, test := range map[string]func(suite, *testing.T){
		"an organisation comes back as it was kept": suite.roundTrip,
		"who may see an organisation":               suite.visibility,
		"update keeps what grew":                    suite.update,
		"a slug is there once":                      suite.slugs,
		"a refusal leaves nothing":                  suite.rollback,
		"delete removes an organisation whole":      suite.deletes,
		"lists of organisations":                    suite.lists,
		"a member comes back as it was kept":        suite.member,
		"a member is there once":                    suite.memberTwice,
		"who the last owner is":                     suite.lastOwner,
		"a role is held":                            suite.roles,
		"lists of members":                          suite.memberLists,
		"users are found while they are active":     suite.users,
	} {
		t.Run(name, func(t *testing.T) { test(suite{stores}, t) })
	}
}

var (
	monday  = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
	errStop = errors.New("stop")
	admin   = auth.Principal{UserID: ids.New(), Role: auth.RoleAdmin}
)

type suite struct{ Stores }

func (s suite) do(t *testing.T, fn func(context.Context) error) {
	t.Helper()
	require.NoError(t, s.Work.Do(t.Context(), fn))
}

// somebody is a user whose copy is there.
func (s suite) somebody(t *testing.T) (domain.User, auth.Principal) {
	t.Helper()
	id := ids.New()
	u := domain.User{ID: id, Email: "Ada." + id.String() + "@Exämple.com", DisplayName: "Ada 'A' 日本", IsActive: true}
	s.do(t, func(ctx context.Context) error { return s.AddUser(ctx, u) })
	return u, auth.Principal{UserID: id, Role: auth.RoleUser}
}

func (s suite) keep(t *testing.T, state domain.State) domain.State {
	t.Helper()
	s.do(t, func(ctx context.Context) error { return s.Organizations.Add(ctx, domain.Restore(state)) })
	return state
}

// acme is an organisation with one owner.
func (s suite) acme(t *testing.T, name string, at time.Time) (domain.State, auth.Principal) {
	t.Helper()
	user, owner := s.somebody(t)
	id := ids.New()
	state := s.keep(t, domain.State{
		ID: id, Name: name, Slug: domain.Slug(id.String()), Version: 1, CreatedAt: at, UpdatedAt: at,
	})
	s.join(t, state.ID, user, auth.OrganizationOwner, at)
	return state, owner
}

func (s suite) join(t *testing.T, organization ids.ID, u domain.User, role auth.OrganizationRole, at time.Time) domain.MemberState {
	t.Helper()
	m := domain.NewMember(organization, u, role, at)
	s.do(t, func(ctx context.Context) error { return s.Members.Add(ctx, m) })
	return m.State()
}

func (s suite) find(t *testing.T, caller auth.Principal, id ids.ID) domain.State {
	t.Helper()
	seen, err := s.Organizations.Find(t.Context(), caller, id)
	require.NoError(t, err)
	return seen.Organization.State()
}

func accept(*domain.Organization, auth.Caller) error { return nil }

func keepMember(*domain.Member, auth.Caller, bool) error { return nil }

// rename returns a change of an organisation.
func rename(t *testing.T, name, slug *string) func(*domain.Organization, auth.Caller) error {
	t.Helper()
	c, err := domain.NewChange(name, slug)
	require.NoError(t, err)
	return func(o *domain.Organization, _ auth.Caller) error {
		o.Apply(c, tuesday)
		return nil
	}
}
