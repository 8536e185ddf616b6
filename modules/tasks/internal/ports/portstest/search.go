package portstest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/page"
	"fasttrack/shared/patch"
)

// search finds parts of title and description in any case; %, _ and what else means something to a database is text.
func (s suite) search(t *testing.T) {
	owner, bob := s.principal(t, "Ada"), s.principal(t, "Bob")
	p := s.project(t, owner)
	add := func(i int, title, description string) *domain.Task {
		f := domain.Fields{Title: &title, Description: &description}
		if i%2 == 0 {
			f.AssigneeID = patch.To(bob.UserID)
		}
		task := newTask(t, p, monday.Add(time.Duration(i)*time.Second), f)
		s.do(t, func(ctx context.Context) error { return s.Tasks.Add(ctx, task) })
		return task
	}
	add(1, "a1", "Plant the roses")
	add(2, "a2-roses", "")
	add(3, "a3", "100% of _them_")
	add(4, "a4", `C:\tmp "quoted" 'single' * AND OR NOT ( ^ :`)
	last := add(5, "a5", "GÄRTEN ÉTÉ ΣΊΣΥΦΟΣ дом")
	add(6, "a6", "😀😀😀 日本語のテキスト")

	everywhere := s.inProject(owner, p.ID)
	for wanted, want := range map[string]string{
		"":                          "a1 a2-roses a3 a4 a5 a6",
		"  ":                        "a1 a2-roses a3 a4 a5 a6",
		"roses":                     "a1 a2-roses",
		" RoSeS ":                   "a1 a2-roses",
		"rose":                      "a1 a2-roses",
		"plant the roses":           "a1",
		"the  roses":                "",
		"ros":                       "a1 a2-roses",
		"ro":                        "a1 a2-roses",
		"r":                         "a1 a2-roses a4 a5",
		"100%":                      "a3",
		"0%":                        "a3",
		"%":                         "a3",
		"_":                         "a3",
		"_them_":                    "a3",
		"a_":                        "",
		"p%t":                       "",
		"pl_nt":                     "",
		`C:\TMP`:                    "a4",
		`\`:                         "a4",
		`"quoted"`:                  "a4",
		`'single'`:                  "a4",
		`* AND OR NOT ( ^ :`:        "a4",
		`roses" OR "quoted`:         "",
		"gärten":                    "a5",
		"été":                       "a5",
		"ÉT":                        "a5",
		"é":                         "a5",
		"E\u0301te\u0301":           "a5", // in its other spelling
		"σίσυφος":                   "a5",
		"ДОМ":                       "a5",
		"garten":                    "", // another letter
		"😀😀":                        "a6",
		"😀😀😀":                       "a6",
		"本語":                        "a6",
		"のテキ":                       "a6",
		strings.Repeat("roses", 40): "",
	} {
		require.Equal(t, want, titles(t, everywhere, ports.Filter{Text: wanted}, "created_at"), "%q", wanted)
	}
	require.Equal(t, "a2-roses a1", titles(t, everywhere, ports.Filter{Text: "roses"}, "-created_at"))
	require.Equal(t, "a2-roses", titles(t, s.of(bob), ports.Filter{Text: "roses"}, "created_at"))
	require.Equal(t, "a1 a2-roses", titles(t, s.of(owner), ports.Filter{Text: "roses"}, "created_at"))
	require.Equal(t, "a2-roses", titles(t, s.of(owner),
		ports.Filter{Text: "roses", Assignee: ports.Assignee{ID: &bob.UserID}}, "created_at"))

	// A search is a list like any other: page by page.
	first, err := everywhere(t.Context(), ports.Filter{Text: "roses"}, page.Request{Limit: 1, Sort: page.ParseSort("created_at")})
	require.NoError(t, err)
	require.NotNil(t, first.Next)
	second, err := everywhere(t.Context(), ports.Filter{Text: "roses"},
		page.Request{Limit: 1, Sort: page.ParseSort("created_at"), After: first.Next})
	require.NoError(t, err)
	require.Nil(t, second.Next)
	require.Equal(t, "a2-roses", second.Items[0].Title)

	// What has changed or gone is not found any more, before and after the index is purged of it.
	change := func(f domain.Fields) {
		changed, err := domain.NewChange(f)
		require.NoError(t, err)
		s.do(t, func(ctx context.Context) error {
			_, err := s.Tasks.Update(ctx, owner, last.State().ID, func(task *domain.Task) error {
				return task.Apply(changed, true, monday)
			})
			return err
		})
	}
	change(domain.Fields{Description: new("tulips")})
	change(domain.Fields{Status: new("done")})
	change(domain.Fields{Title: new("a5-lilies")})
	add(7, "a7 to go", "tulips")
	gone := add(8, "a8", "tulips")
	s.do(t, func(ctx context.Context) error {
		_, err := s.Tasks.Delete(ctx, owner, gone.State().ID, func(*domain.Task) error { return nil })
		return err
	})
	for purged := -1; purged != 0; { // what earlier tests have left is purged as well
		require.Equal(t, "", titles(t, everywhere, ports.Filter{Text: "gärten"}, "created_at"))
		require.Equal(t, "a5-lilies a7 to go", titles(t, everywhere, ports.Filter{Text: "tulips"}, "created_at"))
		require.Equal(t, "a5-lilies", titles(t, everywhere, ports.Filter{Text: "LILIES"}, "created_at"))
		s.do(t, func(ctx context.Context) (err error) {
			purged, err = s.Tasks.PurgeSearch(ctx, 50)
			require.LessOrEqual(t, purged, 50)
			return err
		})
	}
}
