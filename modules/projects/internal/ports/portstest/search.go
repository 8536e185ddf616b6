package portstest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// search finds parts of name and description in any case, wherever the project is; %, _ and what else means something
// to a database is text.
func (s suite) search(t *testing.T) {
	owner := somebody()
	shop := s.organization(t, owner)
	places := []*ids.ID{nil, shop, s.organization(t, owner)}
	add := func(i int, name, description string) domain.State {
		draft, err := domain.NewDraft(name, description, places[i%len(places)])
		require.NoError(t, err)
		return s.keep(t, domain.NewProject(ids.New(), owner.UserID, draft, monday.Add(time.Duration(i)*time.Second)))
	}
	add(1, "p1", "Plant the roses")
	add(2, "p2-roses", "")
	add(3, "p3", "100% of _them_")
	add(4, "p4", `C:\tmp "quoted" 'single' * AND OR NOT ( ^ :`)
	last := add(5, "p5", "GÄRTEN ÉTÉ ΣΊΣΥΦΟΣ дом")
	add(6, "p6", "😀😀😀 日本語のテキスト")
	s.addIn(t, s.organization(t), owner, "roses of somebody else", monday)

	names := func(f ports.Filter, sort string, limit int) string {
		t.Helper()
		var found []string
		request := page.Request{Limit: limit, Sort: page.ParseSort(sort)}
		for {
			p, err := s.Projects.ListOf(t.Context(), owner.UserID, f, request)
			require.NoError(t, err)
			for _, item := range p.Items {
				found = append(found, item.Name)
			}
			if p.Next == nil {
				return strings.Join(found, " ")
			}
			request.After = p.Next
		}
	}
	for wanted, want := range map[string]string{
		"":                     "p1 p2-roses p3 p4 p5 p6",
		"  ":                   "p1 p2-roses p3 p4 p5 p6",
		" RoSeS ":              "p1 p2-roses",
		"the  roses":           "",
		"r":                    "p1 p2-roses p4 p5",
		"100%":                 "p3",
		"%":                    "p3",
		"_":                    "p3",
		"p_":                   "",
		"pl%t":                 "",
		`C:\TMP`:               "p4",
		`\`:                    "p4",
		`'single'`:             "p4",
		`* AND OR NOT ( ^ :`:   "p4",
		"gärten":               "p5",
		"garten":               "", // another letter
		"ÉT":                   "p5",
		"σίσυφος":              "p5",
		"ДОМ":                  "p5",
		"😀😀":                   "p6",
		"本語":                   "p6",
		"p1 plant":             "",
		strings.Repeat("é", 9): "",
	} {
		require.Equal(t, want, names(ports.Filter{Text: wanted}, "created_at", 100), "%q", wanted)
	}
	require.Equal(t, "p2-roses p1", names(ports.Filter{Text: "roses"}, "-created_at", 1), "page by page")
	require.Equal(t, "p1", names(ports.Filter{Text: "roses", OrganizationID: shop}, "name", 100))
	require.Equal(t, "p1 p2-roses", names(ports.Filter{Text: "roses", Status: new(domain.Active)}, "name", 100))
	require.Empty(t, names(ports.Filter{Text: "roses", Status: new(domain.Archived)}, "name", 100))
	all, err := s.Projects.ListAll(t.Context(), ports.Filter{Text: "ROSES OF SOMEBODY"},
		page.Request{Limit: 100, Sort: page.ParseSort("name")})
	require.NoError(t, err)
	require.Len(t, all.Items, 1)

	// What has changed is found by what it is now.
	update := func(name, description *string) {
		s.do(t, func(ctx context.Context) error {
			_, err := s.Projects.Update(ctx, admin, last.ID, change(t, name, description, nil))
			return err
		})
	}
	update(nil, new("tulips"))
	require.Empty(t, names(ports.Filter{Text: "gärten"}, "created_at", 100))
	update(new("p5-Lilies"), nil)
	require.Equal(t, "p5-Lilies", names(ports.Filter{Text: "TULIPS"}, "created_at", 100))
	require.Equal(t, "p5-Lilies", names(ports.Filter{Text: "lilies"}, "created_at", 100))
}
