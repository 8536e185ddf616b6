package portstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
	"fasttrack/shared/patch"
)

// A list is one of the two ways to read tasks.
type list func(ctx context.Context, f ports.Filter, r page.Request) (page.Page[domain.State], error)

func (s suite) inProject(caller auth.Principal, id ids.ID) list {
	return func(ctx context.Context, f ports.Filter, r page.Request) (page.Page[domain.State], error) {
		return s.Tasks.ListInProject(ctx, caller, id, f, r)
	}
}

func (s suite) of(caller auth.Principal) list {
	return func(ctx context.Context, f ports.Filter, r page.Request) (page.Page[domain.State], error) {
		return s.Tasks.ListOf(ctx, caller.UserID, f, r)
	}
}

func titles(t *testing.T, read list, f ports.Filter, sort string) string {
	t.Helper()
	p, err := read(t.Context(), f, page.Request{Limit: page.MaxLimit, Sort: page.ParseSort(sort)})
	require.NoError(t, err)
	names := make([]string, len(p.Items))
	for i, state := range p.Items {
		names[i] = state.Title
	}
	return strings.Join(names, " ")
}

func (s suite) filters(t *testing.T) {
	owner, bob := s.principal(t, "Ada"), s.principal(t, "Bob")
	p := s.project(t, owner)
	for i, f := range []domain.Fields{
		{Title: new("a"), Status: new("todo"), Priority: new("low"), DueAt: patch.To(monday)},
		{
			Title: new("b"), Status: new("in_progress"),
			AssigneeID: patch.To(bob.UserID), DueAt: patch.To(monday.Add(time.Hour)),
		},
		{Title: new("c"), Status: new("done"), Priority: new("high"), AssigneeID: patch.To(owner.UserID)},
		{Title: new("d"), Status: new("done"), Priority: new("high"), DueAt: patch.To(monday.Add(2 * time.Hour))},
	} {
		task := newTask(t, p, monday.Add(time.Duration(i)*time.Second), f)
		s.do(t, func(ctx context.Context) error { return s.Tasks.Add(ctx, task) })
	}
	s.task(t, s.project(t, bob), domain.Fields{Title: new("foreign")})

	status, priority := domain.Done, domain.High
	for _, c := range []struct {
		filter ports.Filter
		sort   string
		want   string
	}{
		{ports.Filter{}, "created_at", "a b c d"},
		{ports.Filter{}, "-created_at", "d c b a"},
		{ports.Filter{}, "due_at", "a b d c"},
		{ports.Filter{}, "-due_at", "d b a c"},
		{ports.Filter{Status: &status}, "created_at", "c d"},
		{ports.Filter{Completed: new(true)}, "created_at", "c d"},
		{ports.Filter{Completed: new(false)}, "created_at", "a b"},
		{ports.Filter{Priority: &priority}, "created_at", "c d"},
		{ports.Filter{Priority: &priority, Status: &status, DueAfter: &monday}, "created_at", "d"},
		{ports.Filter{Assignee: ports.Assignee{Nobody: true}}, "created_at", "a d"},
		{ports.Filter{Assignee: ports.Assignee{ID: &bob.UserID}}, "created_at", "b"},
		{ports.Filter{Assignee: ports.Assignee{ID: &owner.UserID}}, "created_at", "c"},
		{ports.Filter{Assignee: ports.Assignee{ID: new(ids.New())}}, "created_at", ""},
		{ports.Filter{DueBefore: new(monday.Add(time.Hour))}, "created_at", "a"},
		{ports.Filter{DueAfter: new(monday.Add(time.Hour))}, "created_at", "b d"},
		{ports.Filter{DueAfter: &monday, DueBefore: new(monday.Add(time.Microsecond))}, "due_at", "a"},
	} {
		require.Equal(t, c.want, titles(t, s.inProject(owner, p.ID), c.filter, c.sort), "%+v", c)
		require.Equal(t, c.want, titles(t, s.of(owner), c.filter, c.sort), "%+v", c)
		c.filter.ProjectID = &p.ID
		require.Equal(t, c.want, titles(t, s.of(owner), c.filter, c.sort), "%+v", c)
		c.filter.ProjectID = new(ids.New())
		require.Empty(t, titles(t, s.of(owner), c.filter, c.sort), "%+v", c)
	}
}

func (s suite) lists(t *testing.T) {
	ada, bob := s.principal(t, "Ada"), s.principal(t, "Bob")
	garden, yard := s.project(t, ada), s.project(t, bob)
	organisations := s.project(t, ada, func(p *domain.Project) { p.OrganizationID = new(ids.New()) })
	for i, c := range []struct {
		project  domain.Project
		title    string
		assignee patch.Nullable[ids.ID]
	}{
		{garden, "own", patch.Null[ids.ID]()},
		{garden, "own-and-mine", patch.To(ada.UserID)},
		{yard, "foreign", patch.Null[ids.ID]()},
		{yard, "foreign-but-mine", patch.To(ada.UserID)},
		{organisations, "of-organisation", patch.Null[ids.ID]()},
		{organisations, "of-organisation-but-mine", patch.To(ada.UserID)},
	} {
		task := newTask(t, c.project, monday.Add(time.Duration(i)*time.Second),
			domain.Fields{Title: &c.title, AssigneeID: c.assignee})
		s.do(t, func(ctx context.Context) error { return s.Tasks.Add(ctx, task) })
	}
	all := ports.Filter{}
	require.Equal(t, "own own-and-mine foreign-but-mine of-organisation-but-mine", titles(t, s.of(ada), all, "created_at"))
	require.Equal(t, "foreign foreign-but-mine", titles(t, s.of(bob), all, "created_at"))
	require.Equal(t, "own own-and-mine", titles(t, s.inProject(ada, garden.ID), all, "created_at"))
	require.Equal(t, "own own-and-mine", titles(t, s.inProject(admin(), garden.ID), all, "created_at"))
	require.Equal(t, "foreign-but-mine", titles(t, s.of(ada), ports.Filter{ProjectID: &yard.ID}, "created_at"))
	require.Equal(t, "own-and-mine foreign-but-mine of-organisation-but-mine",
		titles(t, s.of(ada), ports.Filter{Assignee: ports.Assignee{ID: &ada.UserID}}, "created_at"))
}

func (s suite) noProject(t *testing.T) {
	owner, assignee := s.principal(t, "Ada"), s.principal(t, "Bob")
	p, empty := s.project(t, owner), s.project(t, owner)
	s.task(t, p, domain.Fields{AssigneeID: patch.To(assignee.UserID)})
	first := page.Request{Limit: 1, Sort: page.ParseSort("due_at")}
	for _, caller := range []auth.Principal{assignee, s.principal(t, "Eve")} {
		_, err := s.Tasks.ListInProject(t.Context(), caller, p.ID, ports.Filter{}, first)
		require.ErrorIs(t, err, domain.ErrProjectNotFound)
	}
	_, err := s.Tasks.ListInProject(t.Context(), owner, ids.New(), ports.Filter{}, first)
	require.ErrorIs(t, err, domain.ErrProjectNotFound)
	found, err := s.Tasks.ListInProject(t.Context(), owner, empty.ID, ports.Filter{}, first)
	require.NoError(t, err)
	require.Empty(t, found.Items)
}

func (s suite) unknownSort(t *testing.T) {
	owner := s.principal(t, "Ada")
	p := s.project(t, owner)
	for _, read := range []list{s.inProject(owner, p.ID), s.of(owner)} {
		_, err := read(t.Context(), ports.Filter{}, page.Request{Limit: 1, Sort: page.ParseSort("title")})
		require.Equal(t, errs.Invalid, errs.KindOf(err))
	}
}

// Some tasks are both the user's own and assigned to them: the page in which both halves of the list meet has them
// once, whatever its size.
func (s suite) once(t *testing.T) {
	ada, bob := s.principal(t, "Ada"), s.principal(t, "Bob")
	garden, yard := s.project(t, ada), s.project(t, bob)
	var want []ids.ID
	for i := range 12 {
		p, assignee := garden, patch.To(ada.UserID)
		switch i % 3 {
		case 1:
			p = yard
		case 2:
			assignee = patch.Null[ids.ID]()
		}
		want = append(want, s.task(t, p, domain.Fields{AssigneeID: assignee}).State().ID)
	}
	for limit := 1; limit <= 13; limit++ {
		var seen []ids.ID
		walk(t, s.of(ada), "created_at", limit, func(state domain.State) { seen = append(seen, state.ID) }, func() {})
		require.Equal(t, want, seen, "pages of %d", limit)
	}
}

// walk reads a list to its end, page by page, and lets disturb act between the pages.
func walk(t *testing.T, read list, sort string, limit int, see func(domain.State), disturb func()) {
	t.Helper()
	request := page.Request{Limit: limit, Sort: page.ParseSort(sort)}
	for range 100 {
		p, err := read(t.Context(), ports.Filter{}, request)
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.Items), limit)
		for _, state := range p.Items {
			see(state)
		}
		if request.After = p.Next; p.Next == nil {
			return
		}
		require.Len(t, p.Items, limit, "only the last page may be short")
		disturb()
	}
	t.Fatal("the walk does not end")
}

// Half of the tasks tie in every sort key and a third have no due date, while between the pages others appear at both
// ends and in the middle, and some vanish.
func (s suite) walks(t *testing.T) {
	for _, sort := range []string{"created_at", "updated_at", "due_at", "priority"} {
		for _, direction := range []string{"", "-"} {
			ada, bob := s.principal(t, "Ada"), s.principal(t, "Bob")
			garden, yard := s.project(t, ada), s.project(t, bob)
			for name, read := range map[string]list{"project": s.inProject(ada, garden.ID), "own": s.of(ada)} {
				s.walk(t, fmt.Sprintf("%s by %s%s", name, direction, sort), read, direction+sort, ada, garden, yard)
			}
		}
	}
}

func (s suite) walk(
	t *testing.T, name string, read list, sort string, caller auth.Principal, garden, yard domain.Project,
) {
	t.Helper()
	number := 0
	add := func(p domain.Project) domain.State {
		number++
		f := domain.Fields{
			Priority: new([]string{"low", "medium", "high"}[number%3]), AssigneeID: patch.To(caller.UserID),
			DueAt: patch.To(monday.Add(time.Duration(number%4) * time.Hour)),
		}
		if number%3 == 0 {
			f.DueAt = patch.Null[time.Time]()
		}
		if number%2 == 0 && p.ID == garden.ID {
			f.AssigneeID = patch.Null[ids.ID]()
		}
		task := newTask(t, p, monday.Add(time.Duration(number%5)*time.Minute), f)
		s.do(t, func(ctx context.Context) error { return s.Tasks.Add(ctx, task) })
		return task.State()
	}
	var stays, vanishes []ids.ID
	for range 15 {
		stays = append(stays, add(garden).ID)
		vanishes = append(vanishes, add(garden).ID)
	}
	seen := map[ids.ID]int{}
	var before *domain.State
	walk(t, read, sort, 4, func(state domain.State) {
		seen[state.ID]++
		if before != nil {
			require.Negative(t, compare(sort, *before, state), "%s: %+v before %+v", name, *before, state)
		}
		before = &state
	}, func() {
		if len(vanishes) > 1 {
			s.remove(t, vanishes[0])
			s.remove(t, vanishes[len(vanishes)-1])
			vanishes = vanishes[1 : len(vanishes)-1]
		}
		if number < 40 {
			add(garden)
			add(yard)
		}
	})
	for _, id := range stays {
		require.Equal(t, 1, seen[id], name)
		s.remove(t, id)
	}
	for id, times := range seen {
		require.Equal(t, 1, times, "%s: %s", name, id)
	}
}

func (s suite) remove(t *testing.T, id ids.ID) {
	t.Helper()
	s.do(t, func(ctx context.Context) error {
		_, err := s.Tasks.Delete(ctx, admin(), id, func(*domain.Task) error { return nil })
		return err
	})
}

// compare says which of two tasks comes first, as the API promises it.
func compare(sort string, a, b domain.State) int {
	by := page.ParseSort(sort)
	order := 0
	switch by.Key {
	case "created_at":
		order = a.CreatedAt.Compare(b.CreatedAt)
	case "updated_at":
		order = a.UpdatedAt.Compare(b.UpdatedAt)
	case "priority":
		order = int(a.Priority - b.Priority)
	case "due_at":
		switch {
		case a.DueAt != nil && b.DueAt != nil:
			order = a.DueAt.Compare(*b.DueAt)
		case a.DueAt != nil:
			return -1
		case b.DueAt != nil:
			return 1
		}
	}
	if order == 0 {
		order = slices.Compare(a.ID[:], b.ID[:])
	}
	if by.Desc {
		return -order
	}
	return order
}
