package portstest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/organizations/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// in runs a change of a member of an organisation.
func (s suite) in(
	t *testing.T, caller auth.Principal, organization, user ids.ID,
	change func(m *domain.Member, by auth.Caller, lastOwner bool) error,
) *domain.Member {
	t.Helper()
	var m *domain.Member
	s.do(t, func(ctx context.Context) (err error) {
		m, err = s.Members.Update(ctx, caller, organization, user, change)
		return err
	})
	return m
}

func (s suite) member(t *testing.T) {
	acme, owner := s.acme(t, "Acme", monday)
	user, caller := s.somebody(t)
	want := s.join(t, acme.ID, user, auth.OrganizationMember, tuesday)
	fieldtest.RequireFilled(t, want)
	find := func(who auth.Principal) *domain.Member {
		t.Helper()
		m, err := s.Members.Find(t.Context(), who, acme.ID, user.ID)
		require.NoError(t, err)
		return m
	}
	for _, who := range []auth.Principal{owner, caller, admin} {
		require.Equal(t, want, find(who).State())
		require.Equal(t, user, find(who).User())
	}
	_, err := s.Members.Find(t.Context(), owner, acme.ID, ids.New())
	require.Equal(t, domain.ErrNoMember, err)

	promoted := s.in(t, owner, acme.ID, user.ID, func(m *domain.Member, _ auth.Caller, _ bool) error {
		require.Equal(t, want, m.State())
		require.Equal(t, user, m.User())
		return m.SetRole(auth.OrganizationAdmin, false)
	})
	fieldtest.RequireAltered(t, want, promoted.State(), "OrganizationID", "UserID", "CreatedAt")
	require.Equal(t, promoted.State(), find(owner).State())
	s.in(t, owner, acme.ID, user.ID, keepMember)
	require.Equal(t, promoted.State(), find(owner).State())

	for _, attempt := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			_, err := s.Members.Update(ctx, owner, acme.ID, ids.New(), keepMember)
			return err
		},
		func(ctx context.Context) error {
			_, err := s.Members.Remove(ctx, owner, acme.ID, ids.New(), keepMember)
			return err
		},
	} {
		require.Equal(t, domain.ErrNoMember, s.Work.Do(t.Context(), attempt))
	}
	s.do(t, func(ctx context.Context) error {
		removed, err := s.Members.Remove(ctx, owner, acme.ID, user.ID,
			func(m *domain.Member, _ auth.Caller, lastOwner bool) error { return m.Leave(lastOwner) })
		require.NoError(t, err)
		require.EqualValues(t, 3, removed.State().Version)
		return nil
	})
	_, err = s.Members.Find(t.Context(), owner, acme.ID, user.ID)
	require.Equal(t, domain.ErrNoMember, err)
	_, err = s.Members.Find(t.Context(), caller, acme.ID, user.ID)
	require.Equal(t, domain.ErrNotFound, err, "who was removed sees nothing any more")
}

func (s suite) memberTwice(t *testing.T) {
	acme, owner := s.acme(t, "Acme", monday)
	user, _ := s.somebody(t)
	first := s.join(t, acme.ID, user, auth.OrganizationMember, monday)
	s.do(t, func(ctx context.Context) error {
		err := s.Members.Add(ctx, domain.NewMember(acme.ID, user, auth.OrganizationOwner, tuesday))
		require.Equal(t, domain.ErrAlreadyMember, err)
		return nil
	})
	m, err := s.Members.Find(t.Context(), owner, acme.ID, user.ID)
	require.NoError(t, err)
	require.Equal(t, first, m.State())
	other, _ := s.acme(t, "Other", monday)
	s.join(t, other.ID, user, auth.OrganizationOwner, monday)
}

func (s suite) lastOwner(t *testing.T) {
	acme, owner := s.acme(t, "Acme", monday)
	s.acme(t, "Other", monday)
	user, second := s.somebody(t)
	s.join(t, acme.ID, user, auth.OrganizationAdmin, monday)
	requireLast := func(caller auth.Principal, id ids.ID, want bool) {
		t.Helper()
		s.in(t, caller, acme.ID, id, func(_ *domain.Member, _ auth.Caller, last bool) error {
			require.Equal(t, want, last)
			return nil
		})
	}
	for _, caller := range []auth.Principal{owner, second, admin} {
		requireLast(caller, owner.UserID, true)
		requireLast(caller, second.UserID, false)
	}
	s.in(t, owner, acme.ID, second.UserID, func(m *domain.Member, _ auth.Caller, last bool) error {
		return m.SetRole(auth.OrganizationOwner, last)
	})
	requireLast(owner, owner.UserID, false)
	requireLast(admin, second.UserID, false)
	s.do(t, func(ctx context.Context) error {
		_, err := s.Members.Remove(ctx, second, acme.ID, owner.UserID, keepMember)
		return err
	})
	requireLast(admin, second.UserID, true)
}

func (s suite) roles(t *testing.T) {
	acme, owner := s.acme(t, "Acme", monday)
	user, reader := s.somebody(t)
	s.join(t, acme.ID, user, auth.OrganizationMember, monday)
	for caller, role := range map[auth.Principal]auth.OrganizationRole{
		owner: auth.OrganizationOwner, reader: auth.OrganizationMember, admin: auth.OrganizationNone,
	} {
		want := auth.Caller{Principal: caller, OrganizationRole: role}
		seen, err := s.Organizations.Find(t.Context(), caller, acme.ID)
		require.NoError(t, err)
		require.Equal(t, want, seen.By)
		s.do(t, func(ctx context.Context) error {
			got, err := s.Members.Hold(ctx, caller, acme.ID)
			require.Equal(t, want, got)
			return err
		})
		s.in(t, caller, acme.ID, owner.UserID, func(_ *domain.Member, got auth.Caller, _ bool) error {
			require.Equal(t, want, got)
			return nil
		})
	}
}

func (s suite) memberLists(t *testing.T) {
	acme, owner := s.acme(t, "Acme", monday)
	all := []ids.ID{owner.UserID}
	for i := range 7 {
		user, _ := s.somebody(t)
		role := []auth.OrganizationRole{auth.OrganizationMember, auth.OrganizationAdmin}[i%2]
		s.join(t, acme.ID, user, role, monday.Add(time.Duration(i/3)*time.Second)) // ties
		all = append(all, user.ID)
	}
	other, _ := s.acme(t, "Other", monday)
	require.NotEqual(t, acme.ID, other.ID)
	walk := func(role auth.OrganizationRole, request page.Request) (members []*domain.Member) {
		t.Helper()
		for {
			p, err := s.Members.List(t.Context(), owner, acme.ID, role, request)
			require.NoError(t, err)
			members = append(members, p.Items...)
			if p.Next == nil {
				return members
			}
			request.After = p.Next
		}
	}
	for _, desc := range []bool{false, true} {
		request := page.Request{Limit: 2, Sort: page.Sort{Key: "created_at", Desc: desc}}
		members := walk(auth.OrganizationNone, request)
		var found []ids.ID
		for _, m := range members {
			found = append(found, m.User().ID)
			require.True(t, m.User().IsActive)
		}
		require.ElementsMatch(t, all, found)
		require.True(t, slices.IsSortedFunc(members, func(a, b *domain.Member) int {
			if desc {
				a, b = b, a
			}
			x, y := a.State(), b.State()
			if c := x.CreatedAt.Compare(y.CreatedAt); c != 0 {
				return c
			}
			return strings.Compare(x.UserID.String(), y.UserID.String())
		}))
		for role, n := range map[auth.OrganizationRole]int{auth.OrganizationOwner: 1, auth.OrganizationAdmin: 3, auth.OrganizationMember: 4} {
			require.Len(t, walk(role, request), n, role)
		}
	}
	_, err := s.Members.List(t.Context(), owner, acme.ID, auth.OrganizationNone, page.Request{Limit: 1, Sort: page.Sort{Key: "role"}})
	require.Error(t, err)
}

func (s suite) users(t *testing.T) {
	ada, _ := s.somebody(t)
	gone := domain.User{ID: ids.New(), Email: ids.New().String() + "@example.com", DisplayName: "Bob"}
	s.do(t, func(ctx context.Context) error { return s.AddUser(ctx, gone) })
	s.do(t, func(ctx context.Context) error {
		for _, email := range []string{ada.Email, strings.ToUpper(ada.Email), strings.ToLower(ada.Email)} {
			user, ok, err := s.Users.HoldActiveByEmail(ctx, email)
			require.NoError(t, err)
			require.True(t, ok, email)
			require.Equal(t, ada, user)
		}
		user, ok, err := s.Users.HoldActive(ctx, ada.ID)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, ada, user)
		for _, email := range []string{gone.Email, "", "nobody@example.com", ada.Email + "x"} {
			_, ok, err := s.Users.HoldActiveByEmail(ctx, email)
			require.NoError(t, err)
			require.False(t, ok, email)
		}
		for _, id := range []ids.ID{gone.ID, ids.New()} {
			_, ok, err := s.Users.HoldActive(ctx, id)
			require.NoError(t, err)
			require.False(t, ok)
		}
		return nil
	})
}
