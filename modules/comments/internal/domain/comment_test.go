package domain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func newTask(alter ...func(*domain.Task)) domain.Task {
	t := domain.Task{
		ID: ids.New(), Title: "Dig", CreatedBy: ids.New(), Version: 1,
		Project: domain.Project{ID: ids.New(), OwnerID: ids.New(), Version: 1},
	}
	for _, a := range alter {
		a(&t)
	}
	return t
}

func archived(t *domain.Task) { t.Project.Archived = true }

func draft(t *testing.T, body string) domain.Draft {
	t.Helper()
	d, err := domain.NewDraft(body)
	require.NoError(t, err)
	return d
}

func newComment(t *testing.T, task domain.Task) *domain.Comment {
	t.Helper()
	return domain.Restore(domain.State{
		ID: ids.New(), TaskID: task.ID, AuthorID: ids.New(), Body: "first", Version: 1, CreatedAt: monday, UpdatedAt: monday,
	}, task)
}

func TestANewComment(t *testing.T) {
	t.Parallel()
	task, id, author := newTask(), ids.New(), ids.New()
	c, err := domain.NewComment(id, author, task, draft(t, " Roses\r\nare red "), monday)
	require.NoError(t, err)
	require.Equal(t, domain.State{
		ID: id, TaskID: task.ID, AuthorID: author, Body: "Roses\nare red", Version: 1, CreatedAt: monday, UpdatedAt: monday,
	}, c.State())
	require.Equal(t, task, c.Task())

	_, err = domain.NewComment(id, author, newTask(archived), draft(t, "late"), monday)
	require.ErrorIs(t, err, domain.ErrArchived)
}

func TestTheBodyOfAComment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body    string
		refused bool
	}{
		"one character":              {"a", false},
		"as long as can be":          {strings.Repeat("ä", 10_000), false},
		"spaces around do not count": {"  " + strings.Repeat("ä", 10_000) + "\n", false},
		"newline and tab":            {"a\n\tb", false},
		"empty":                      {"", true},
		"nothing but white space":    {" \r\n\t ", true},
		"too long":                   {strings.Repeat("ä", 10_001), true},
		"NUL":                        {"a\x00b", true},
		"escape":                     {"a\x1bb", true},
		"not UTF-8":                  {"a\xff", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ofDraft := domain.NewDraft(c.body)
			_, ofChange := domain.NewChange(&c.body)
			for _, err := range []error{ofDraft, ofChange} {
				if !c.refused {
					require.NoError(t, err)
					continue
				}
				var refusal *errs.Error
				require.True(t, errors.As(err, &refusal))
				require.Equal(t, errs.Invalid, refusal.Kind)
				require.Equal(t, "body.body", refusal.Fields[0].Location)
			}
		})
	}
}

func TestAChange(t *testing.T) {
	t.Parallel()
	later := monday.Add(time.Hour)
	for name, c := range map[string]struct {
		to      *string
		task    domain.Task
		body    string
		version int64
		err     error
	}{
		"another body":             {new(" second "), newTask(), "second", 2, nil},
		"nothing":                  {nil, newTask(), "first", 1, nil},
		"the same body":            {new("first\n"), newTask(), "first", 1, nil},
		"in an archived project":   {new("second"), newTask(archived), "first", 1, domain.ErrArchived},
		"nothing, in an archived":  {nil, newTask(archived), "first", 1, nil},
		"the same, in an archived": {new("first"), newTask(archived), "first", 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comment := newComment(t, c.task)
			before := comment.State()
			change, err := domain.NewChange(c.to)
			require.NoError(t, err)
			require.ErrorIs(t, comment.Apply(change, later), c.err)
			want := before
			want.Body, want.Version = c.body, c.version
			if c.version > before.Version {
				want.UpdatedAt = later
			}
			require.Equal(t, want, comment.State())
		})
	}
}

// A field that is added to State has to be in Change and applied, or be one of those that never change. What says the
// same again is no change, which a pointer would be when it is compared by address.
func TestAChangeReachesEveryField(t *testing.T) {
	t.Parallel()
	comment, later := newComment(t, newTask()), monday.Add(time.Hour)
	before := comment.State()
	full := func() domain.Change {
		change, err := domain.NewChange(new("second"))
		require.NoError(t, err)
		return change
	}
	require.NoError(t, comment.Apply(full(), later))
	after := comment.State()
	fieldtest.RequireAltered(t, before, after, "ID", "TaskID", "AuthorID", "CreatedAt")
	require.NoError(t, comment.Apply(full(), later.Add(time.Hour)))
	require.Equal(t, after, comment.State())
}

func TestAnArchivedProjectKeepsItsComments(t *testing.T) {
	t.Parallel()
	require.NoError(t, newComment(t, newTask()).CheckDeletable())
	require.ErrorIs(t, newComment(t, newTask(archived)).CheckDeletable(), domain.ErrArchived)
}
