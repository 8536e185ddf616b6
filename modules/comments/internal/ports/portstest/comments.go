package portstest

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

func byCreation(desc bool) page.Sort { return page.Sort{Key: "created_at", Desc: desc} }

func (s suite) roundTrip(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner), assignedTo(s.principal(t, "Bob")))
	c := s.comment(t, task, owner)
	fieldtest.RequireFilled(t, c.State())
	s.requireThere(t, c)
	p, err := s.Comments.List(t.Context(), owner, task.ID, page.Request{Limit: 5, Sort: byCreation(false)})
	require.NoError(t, err)
	require.Equal(t, page.Page[domain.State]{Items: []domain.State{c.State()}}, p)
	s.do(t, func(ctx context.Context) error {
		same, err := s.Comments.Update(ctx, owner, c.State().ID, func(locked *domain.Comment, _ auth.Caller) error {
			require.Equal(t, c, locked, "it comes with its task")
			return nil
		})
		require.Equal(t, c, same)
		return err
	})
	_, err = s.Comments.Find(t.Context(), admin(), ids.New())
	require.ErrorIs(t, err, domain.ErrNotFound)
}

func (s suite) visibility(t *testing.T) {
	owner, assignee, author := s.principal(t, "Ada"), s.principal(t, "Bob"), s.principal(t, "Eve")
	personal := s.task(t, s.project(t, owner), assignedTo(assignee))
	organisations := s.task(t, s.project(t, owner, ofOrganisation), assignedTo(assignee))
	for name, c := range map[string]struct {
		caller                  auth.Principal
		personal, organisations bool
	}{
		"owner": {owner, true, false}, "assignee": {assignee, true, true}, "system admin": {admin(), true, true},
		"author": {author, false, false}, "nobody": {auth.Principal{}, false, false},
	} {
		for _, on := range []struct {
			task domain.Task
			may  bool
		}{{personal, c.personal}, {organisations, c.organisations}} {
			id := s.comment(t, on.task, author).State().ID
			want := func(refusal error) error {
				if on.may {
					return nil
				}
				return refusal
			}
			_, err := s.Comments.Find(t.Context(), c.caller, id)
			require.ErrorIs(t, err, want(domain.ErrNotFound), name)
			_, err = s.Comments.List(t.Context(), c.caller, on.task.ID, page.Request{Limit: 5, Sort: byCreation(false)})
			require.ErrorIs(t, err, want(domain.ErrTaskNotFound), name)
			_, err = s.held(t, c.caller, on.task.ID)
			require.ErrorIs(t, err, want(domain.ErrTaskNotFound), name)
			err = s.Work.Do(t.Context(), func(ctx context.Context) error {
				_, err := s.Comments.Update(ctx, c.caller, id, allowed)
				return err
			})
			require.ErrorIs(t, err, want(domain.ErrNotFound), name)
			err = s.Work.Do(t.Context(), func(ctx context.Context) error {
				_, err := s.Comments.Delete(ctx, c.caller, id, allowed)
				return err
			})
			require.ErrorIs(t, err, want(domain.ErrNotFound), name)
		}
	}
}

func (s suite) update(t *testing.T) {
	owner := s.principal(t, "Ada")
	c := s.comment(t, s.task(t, s.project(t, owner)), owner)
	for _, body := range []*string{new("white"), nil, new("white"), new("blue")} {
		var changed *domain.Comment
		s.do(t, func(ctx context.Context) (err error) {
			changed, err = s.Comments.Update(ctx, owner, c.State().ID, rewrite(t, body))
			return err
		})
		s.requireThere(t, changed)
	}
	found, err := s.Comments.Find(t.Context(), owner, c.State().ID)
	require.NoError(t, err)
	require.EqualValues(t, 3, found.Version)
	require.Equal(t, "blue", found.Body)
	fieldtest.RequireAltered(t, c.State(), found, "ID", "TaskID", "AuthorID", "CreatedAt")
	require.Equal(t, monday, found.CreatedAt)
	require.Equal(t, monday.Add(time.Hour), found.UpdatedAt)
}

func (s suite) deletes(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner))
	gone, stays := s.comment(t, task, owner), s.comment(t, task, owner)
	s.do(t, func(ctx context.Context) error {
		deleted, err := s.Comments.Delete(ctx, owner, gone.State().ID, allowed)
		require.Equal(t, gone, deleted)
		return err
	})
	s.requireGone(t, gone)
	s.requireThere(t, stays)
}

func (s suite) rollback(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner))
	kept, never := s.comment(t, task, owner), newComment(t, task, owner, "never", monday)
	for _, attempt := range []func(ctx context.Context) error{
		func(ctx context.Context) error {
			require.NoError(t, s.Comments.Add(ctx, never))
			return errStop
		},
		func(ctx context.Context) error {
			_, err := s.Comments.Update(ctx, owner, kept.State().ID, func(c *domain.Comment, by auth.Caller) error {
				require.NoError(t, rewrite(t, new("white"))(c, by))
				return errStop
			})
			return err
		},
		func(ctx context.Context) error {
			_, err := s.Comments.Delete(ctx, owner, kept.State().ID, func(*domain.Comment, auth.Caller) error { return errStop })
			return err
		},
	} {
		require.ErrorIs(t, s.Work.Do(t.Context(), attempt), errStop)
	}
	s.requireThere(t, kept)
	s.requireGone(t, never)
}

func (s suite) unknownTask(t *testing.T) {
	owner := s.principal(t, "Ada")
	nowhere := domain.Task{ID: ids.New(), Project: s.project(t, owner)}
	require.Error(t, s.Work.Do(t.Context(), func(ctx context.Context) error {
		return s.Comments.Add(ctx, newComment(t, nowhere, owner, "lost", monday))
	}))
}

func (s suite) walks(t *testing.T) {
	owner := s.principal(t, "Ada")
	project := s.project(t, owner)
	task, other := s.task(t, project), s.task(t, project)
	var want []domain.State
	for i := range 13 {
		c := newComment(t, task, owner, "a", monday.Add(time.Duration(i/3)*time.Microsecond)) // with ties
		s.do(t, func(ctx context.Context) error { return s.Comments.Add(ctx, c) })
		want = append(want, c.State())
	}
	s.comment(t, other, owner)
	for _, desc := range []bool{false, true} {
		slices.SortFunc(want, func(a, b domain.State) int {
			if desc {
				a, b = b, a
			}
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID.String(), b.ID.String()))
		})
		for limit := range len(want) + 1 {
			request := page.Request{Limit: limit + 1, Sort: byCreation(desc)}
			var seen []domain.State
			for {
				p, err := s.Comments.List(t.Context(), owner, task.ID, request)
				require.NoError(t, err)
				seen = append(seen, p.Items...)
				if rand.IntN(2) == 0 { // whatever happens to others meanwhile
					s.comment(t, other, owner)
				}
				if p.Next == nil {
					break
				}
				require.Len(t, p.Items, request.Limit)
				request.After = p.Next
			}
			require.Equal(t, want, seen)
		}
	}
}

func (s suite) unknownSort(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner))
	_, err := s.Comments.List(t.Context(), owner, task.ID, page.Request{Limit: 5, Sort: page.Sort{Key: "body"}})
	require.Equal(t, errs.Invalid, errs.KindOf(err))
}

func (s suite) empty(t *testing.T) {
	owner := s.principal(t, "Ada")
	task := s.task(t, s.project(t, owner))
	p, err := s.Comments.List(t.Context(), owner, task.ID, page.Request{Limit: 5, Sort: byCreation(true)})
	require.NoError(t, err)
	require.Empty(t, p.Items)
	require.Nil(t, p.Next)
	_, err = s.Comments.List(t.Context(), admin(), ids.New(), page.Request{Limit: 5, Sort: byCreation(true)})
	require.ErrorIs(t, err, domain.ErrTaskNotFound)
}
