package portstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// Users is the contract of ports.Users.
func Users(t *testing.T, s Stores) {
	t.Run("what is added is found as it was", s.userIsFound)
	t.Run("an address is taken in any case", s.addressIsTaken)
	t.Run("a change is kept only if the version grew", s.userIsChanged)
	t.Run("an error of the change keeps nothing", s.changeIsRefused)
	t.Run("whether somebody is the last admin is told", s.lastAdmin)
	t.Run("a password is replaced if it is the expected one", s.passwordIsReplaced)
	t.Run("a held user comes with the time", s.userIsHeld)
	t.Run("a list is filtered", s.usersAreFiltered)
	t.Run("a walk sees everybody once in every order", s.usersAreWalked)
}

func (s Stores) userIsFound(t *testing.T) {
	u := user(t, "Found@Example.com", "Grüße 'x' \"y\" \\z", auth.RoleAdmin, clock.System())
	s.do(t, func(ctx context.Context) error { return s.Users.Add(ctx, u) })
	got, err := s.Users.Find(t.Context(), u.State().ID)
	require.NoError(t, err)
	require.Equal(t, u.State(), got.State())
	got, err = s.Users.FindByEmail(t.Context(), domain.RestoreEmail("fOUND@eXAMPLE.COM"))
	require.NoError(t, err)
	require.Equal(t, u.State(), got.State())

	_, err = s.Users.Find(t.Context(), ids.New())
	require.ErrorIs(t, err, domain.ErrNotFound)
	_, err = s.Users.FindByEmail(t.Context(), domain.RestoreEmail("nobody@example.com"))
	require.ErrorIs(t, err, domain.ErrNotFound)
	s.do(t, func(ctx context.Context) error {
		_, err := s.Users.Update(ctx, u.State().ID, func(u *domain.User) error {
			return u.Apply(change(t, nil, new("user"), nil), false, clock.System())
		})
		return err
	})
}

func (s Stores) addressIsTaken(t *testing.T) {
	s.add(t, "ſtraße@example.com", auth.RoleUser)
	err := s.Work.Do(t.Context(), func(ctx context.Context) error {
		return s.Users.Add(ctx, user(t, "STRAßE@EXAMPLE.com", "x", auth.RoleUser, clock.System()))
	})
	require.ErrorIs(t, err, domain.ErrEmailTaken)
	// A refusal is an answer and not a failure: the unit of work can go on.
	s.do(t, func(ctx context.Context) error {
		err := s.Users.Add(ctx, user(t, "straße@example.com", "x", auth.RoleUser, clock.System()))
		require.ErrorIs(t, err, domain.ErrEmailTaken)
		return s.Users.Add(ctx, user(t, "strasse@example.com", "x", auth.RoleUser, clock.System()))
	})
}

func (s Stores) userIsChanged(t *testing.T) {
	id := s.add(t, "changed@example.com", auth.RoleUser).State().ID
	at := clock.System().Add(time.Minute)
	var changed *domain.User
	s.do(t, func(ctx context.Context) (err error) {
		changed, err = s.Users.Update(ctx, id, func(u *domain.User) error {
			return u.Apply(change(t, new("Changed"), new("admin"), new(false)), false, at)
		})
		return err
	})
	got, err := s.Users.Find(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, changed.State(), got.State())
	require.EqualValues(t, 2, got.State().Version)
	require.Equal(t, at, got.State().UpdatedAt)

	s.do(t, func(ctx context.Context) error {
		same, err := s.Users.Update(ctx, id, func(*domain.User) error { return nil })
		require.Equal(t, got.State(), same.State())
		return err
	})
	err = s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Users.Update(ctx, ids.New(), func(*domain.User) error { return nil })
		return err
	})
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (s Stores) changeIsRefused(t *testing.T) {
	before := s.add(t, "refused@example.com", auth.RoleUser)
	refusal := errors.New("no")
	refuse := func(u *domain.User) error {
		require.NoError(t, u.Apply(change(t, new("Refused"), nil, nil), false, clock.System()))
		return refusal
	}
	for _, update := range []func(ctx context.Context) (*domain.User, error){
		func(ctx context.Context) (*domain.User, error) { return s.Users.Update(ctx, before.State().ID, refuse) },
		func(ctx context.Context) (*domain.User, error) {
			return s.Users.UpdateAccess(ctx, before.State().ID, func(u *domain.User, _ domain.Admins) error { return refuse(u) })
		},
	} {
		err := s.Work.Do(t.Context(), func(ctx context.Context) error {
			_, err := update(ctx)
			return err
		})
		require.Equal(t, refusal, err, "as it is")
		got, err := s.Users.Find(t.Context(), before.State().ID)
		require.NoError(t, err)
		require.Equal(t, before.State(), got.State())
	}
}

func (s Stores) lastAdmin(t *testing.T) {
	one, two, other := s.add(t, "one@example.com", auth.RoleAdmin), s.add(t, "two@example.com", auth.RoleAdmin),
		s.add(t, "other@example.com", auth.RoleUser)
	told := func(u *domain.User, c domain.UserChange) (last bool) {
		s.do(t, func(ctx context.Context) error {
			_, err := s.Users.UpdateAccess(ctx, u.State().ID, func(u *domain.User, admins domain.Admins) error {
				last = !admins.OtherThan(u.State().ID)
				return u.Apply(c, false, clock.System())
			})
			return err
		})
		return last
	}
	require.False(t, told(one, change(t, nil, nil, nil)))
	require.False(t, told(two, change(t, nil, nil, new(false))))
	require.True(t, told(one, change(t, nil, nil, nil)), "one who is inactive does not count")
	require.False(t, told(other, change(t, nil, nil, nil)), "somebody else is an admin")
	require.False(t, told(two, change(t, nil, new("user"), nil)))
	require.True(t, told(one, change(t, nil, new("user"), nil)))
	err := s.Work.Do(t.Context(), func(ctx context.Context) error {
		_, err := s.Users.UpdateAccess(ctx, ids.New(), func(*domain.User, domain.Admins) error { return nil })
		return err
	})
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (s Stores) userIsHeld(t *testing.T) {
	u := s.add(t, "held@example.com", auth.RoleUser)
	s.do(t, func(ctx context.Context) error {
		got, now, err := s.Users.Hold(ctx, u.State().ID)
		require.NoError(t, err)
		require.Equal(t, u.State(), got.State())
		require.WithinDuration(t, time.Now(), now, 10*time.Second)
		require.Equal(t, clock.Normal(now), now)
		_, _, err = s.Users.Hold(ctx, ids.New())
		require.ErrorIs(t, err, domain.ErrNotFound)
		return nil
	})
}

func (s Stores) usersAreFiltered(t *testing.T) {
	add := func(email, name string, role auth.Role) {
		s.do(t, func(ctx context.Context) error { return s.Users.Add(ctx, user(t, email, name, role, clock.System())) })
	}
	add("f1@filter.example", "Ärger 100%", auth.RoleUser)
	add("f2@filter.example", "under_score", auth.RoleAdmin)
	add("f3@filter.example", `back\slash`, auth.RoleUser)
	s.do(t, func(ctx context.Context) error {
		u, err := s.Users.FindByEmail(ctx, domain.RestoreEmail("f3@filter.example"))
		require.NoError(t, err)
		_, err = s.Users.Update(ctx, u.State().ID, func(u *domain.User) error {
			return u.Apply(change(t, nil, nil, new(false)), false, clock.System())
		})
		return err
	})
	list := func(f ports.UserFilter) (found []string) {
		p, err := s.Users.List(t.Context(), f, page.Request{Limit: 100, Sort: page.Sort{Key: "email"}})
		require.NoError(t, err)
		require.Nil(t, p.Next)
		for _, u := range p.Items {
			if email := u.State().Email.String(); email[len(email)-len("filter.example"):] == "filter.example" {
				found = append(found, u.State().Email.Local())
			}
		}
		return found
	}
	require.Equal(t, []string{"f1", "f2", "f3"}, list(ports.UserFilter{}))
	require.Equal(t, []string{"f2"}, list(ports.UserFilter{Role: new(auth.RoleAdmin)}))
	require.Equal(t, []string{"f3"}, list(ports.UserFilter{Active: new(false)}))
	require.Equal(t, []string{"f1"}, list(ports.UserFilter{Active: new(true), Role: new(auth.RoleUser)}))
	require.Equal(t, []string{"f1", "f2", "f3"}, list(ports.UserFilter{Query: "FILTER"}))
	for query, want := range map[string][]string{
		"äRGER": {"f1"}, "0%": {"f1"}, "%": {"f1"}, "r_s": {"f2"}, "_": {"f2"}, `\`: {"f3"}, "' OR 1=1 --": nil, "f4": nil,
	} {
		require.Equal(t, want, list(ports.UserFilter{Query: query}), "%q", query)
	}
}

func (s Stores) usersAreWalked(t *testing.T) {
	at := clock.System()
	var want []ids.ID
	for i := range 7 {
		u := user(t, fmt.Sprintf("walk%d@example.com", i), "x", auth.RoleUser, at.Add(time.Duration(i/3)*time.Second))
		s.do(t, func(ctx context.Context) error { return s.Users.Add(ctx, u) })
		want = append(want, u.State().ID)
	}
	for _, key := range []string{"created_at", "email"} {
		for _, desc := range []bool{false, true} {
			request := page.Request{Limit: 2, Sort: page.Sort{Key: key, Desc: desc}}
			var seen []ids.ID
			for {
				p, err := s.Users.List(t.Context(), ports.UserFilter{Query: "walk"}, request)
				require.NoError(t, err)
				for _, u := range p.Items {
					seen = append(seen, u.State().ID)
				}
				if p.Next == nil {
					break
				}
				require.Len(t, p.Items, 2)
				request.After = p.Next
			}
			if desc {
				slices.Reverse(seen)
			}
			require.Equal(t, want, seen, "%s", request.Sort)
		}
	}
}

func (s Stores) passwordIsReplaced(t *testing.T) {
	u := s.add(t, "password@example.com", auth.RoleUser)
	want := u.State()
	want.PasswordHash = "better"
	s.do(t, func(ctx context.Context) error {
		for _, c := range []struct {
			id       ids.ID
			expected domain.PasswordHash
			want     bool
		}{
			{want.ID, "another", false}, {ids.New(), "hash", false}, {want.ID, "hash", true}, {want.ID, "hash", false},
		} {
			replaced, err := s.Users.ReplacePassword(ctx, c.id, c.expected, "better")
			require.NoError(t, err)
			require.Equal(t, c.want, replaced)
		}
		return nil
	})
	got, err := s.Users.Find(t.Context(), want.ID)
	require.NoError(t, err)
	require.Equal(t, want, got.State(), "nothing else is different")
}
