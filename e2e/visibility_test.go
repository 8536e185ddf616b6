package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestListsKnowOnlyWhatTheCallerMaySee: what is foreign lies between the rows of every list, under the same names. It is
// on no page, and no page ends for it: has_more and next_cursor are those of a database without it.
func TestListsKnowOnlyWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob, eve := p.Register("Ann"), p.Register("Bob"), p.Register("Eve")
		acme, evil := ann.Organization("Garden Acme"), eve.Organization("Garden Evil")
		ann.Member(acme.ID, bob.Email, "member")
		eve.Member(evil.ID, ann.Email, "member") // sees more than Bob
		var mine, ours, theirs harness.Project
		var task harness.Task
		for i := range 4 {
			mine, ours = bob.Project("Garden"), projectIn(ann, acme)
			theirs = projectIn(eve, evil)
			secret := eve.Project("Garden")
			for _, project := range []harness.Project{theirs, secret} {
				eve.Comment(eve.Task(project.ID, "Garden", nil).ID, "Garden")
			}
			assigned := ann.Task(ours.ID, "Garden", map[string]any{"assignee_id": bob.ID})
			ann.Task(ours.ID, "Garden", nil)
			task = bob.Task(mine.ID, "Garden", nil)
			bob.Comment(assigned.ID, "Garden")
			if i%2 == 0 {
				bob.Patch("/tasks/"+task.ID, map[string]any{"status": "done"}).Wants(200)
				eve.Patch("/projects/"+secret.ID, map[string]any{"status": "archived"}).Wants(200)
				bob.Patch("/projects/"+mine.ID, map[string]any{"status": "archived"}).Wants(200)
				eve.Organization("Garden Evil")
			}
		}
		lists := map[string]int{
			"/projects?":                                  9, // with the Inbox
			"/projects?status=archived":                   2,
			"/projects?organization_id=" + acme.ID:        4,
			"/projects?organization_id=" + evil.ID:        0,
			"/tasks?":                                     8,
			"/tasks?status=done":                          2,
			"/tasks?completed=false":                      6,
			"/tasks?assignee_id=me":                       4,
			"/tasks?assignee_id=none":                     4,
			"/tasks?assignee_id=" + eve.ID:                0,
			"/tasks?project_id=" + ours.ID:                1, // not what others do in it
			"/tasks?project_id=" + theirs.ID:              0,
			"/projects/" + ours.ID + "/tasks?":            2,
			"/projects/" + ours.ID + "/tasks?status=done": 0,
			"/organizations?":                             1,
			"/organizations?q=garden":                     1,
			"/organizations?q=evil":                       0,
			"/organizations/" + acme.ID + "/members?":     2,
			"/notifications?":                             4,
			"/auth/sessions?":                             1,
		}
		// Where a search is offered, it finds among what is seen.
		for _, o := range p.Operations() {
			if slices.Contains(o.Parameters("query"), "q") {
				if path := strings.TrimPrefix(o.Path, "/api/v1"); path == "/projects" {
					lists["/projects?q=garden"] = 8
				} else if path == "/tasks" {
					lists["/tasks?q=garden"] = 8
				}
			}
		}
		for path, want := range lists {
			for _, limit := range []int{1, 3, max(want, 1), want + 1} {
				walkExactly(t, bob, path, limit, want)
			}
		}
		// With the cursors of somebody who sees more, one sees no more.
		page := harness.Into[harness.List[harness.Project]](ann.Get("/projects?sort=created_at&limit=2").Wants(200))
		for _, project := range harness.All[harness.Project](bob.Client, "/projects?sort=created_at&cursor="+*page.NextCursor) {
			require.True(t, project.OwnerID == bob.ID || *project.OrganizationID == acme.ID)
		}
		// In the middle of a walk, the walk ends with the membership.
		shared := "/projects/" + ours.ID + "/tasks?limit=1"
		members := "/organizations/" + acme.ID + "/members?limit=1"
		all := "/projects?sort=-created_at&limit=1"
		var next []string
		for _, path := range []string{shared, members, all} {
			next = append(next, path+"&cursor="+*harness.Into[harness.List[any]](bob.Get(path).Wants(200)).NextCursor)
		}
		ann.Delete("/organizations/" + acme.ID + "/members/" + bob.ID).Wants(204)
		bob.Get(next[0]).WantsProblem(404, "not_found")
		bob.Get(next[1]).WantsProblem(404, "not_found")
		for rest := next[2]; ; {
			page := harness.Into[harness.List[harness.Project]](bob.Get(rest).Wants(200))
			require.Len(t, page.Items, 1)
			require.Equal(t, bob.ID, page.Items[0].OwnerID)
			if !page.HasMore {
				break
			}
			rest = all + "&cursor=" + *page.NextCursor
		}
		walkExactly(t, bob, "/projects?", 3, 5)
		walkExactly(t, bob, "/tasks?", 3, 4)
		walkExactly(t, bob, "/organizations?", 3, 0)
	})
}

func projectIn(who *harness.Person, organization harness.Organization) harness.Project {
	body := map[string]any{"name": "Garden", "organization_id": organization.ID}
	return harness.Created[harness.Project](who.Post("/projects", body))
}

// walkExactly fails the test unless a list has so many items, on pages that are all full but the last, and none after it.
func walkExactly(t *testing.T, who *harness.Person, path string, limit, want int) {
	t.Helper()
	for got, cursor := 0, ""; ; {
		page := harness.Into[harness.List[any]](who.Get(fmt.Sprintf("%s&limit=%d%s", path, limit, cursor)).Wants(200))
		got += len(page.Items)
		at := fmt.Sprintf("%s, %d to a page, %d of %d", path, limit, got, want)
		require.Equal(t, got < want, page.HasMore, at)
		require.Equal(t, page.HasMore, page.NextCursor != nil, at)
		if !page.HasMore {
			require.Equal(t, want, got, at)
			return
		}
		require.Len(t, page.Items, limit, at)
		cursor = "&cursor=" + *page.NextCursor
	}
}

// TestARoleInAnOrganisationEndsOnEveryNodeAtOnce: memberships are rows, so that the next request sees them as they are,
// whichever node it asks.
func TestARoleInAnOrganisationEndsOnEveryNodeAtOnce(t *testing.T) {
	t.Parallel()
	here, there := nodes(t)
	ann, bob := here.Register("Ann"), here.Register("Bob")
	acme := ann.Organization("Acme")
	project := projectIn(ann, acme)
	task := ann.Task(project.ID, "Dig", nil)
	elsewhere := on(there, bob)
	path, in := "/organizations/"+acme.ID, "/projects/"+project.ID
	at := path + "/members/" + bob.ID
	title := map[string]any{"title": "Mow"}
	for range 3 {
		elsewhere.Get(path).WantsProblem(404, "not_found")
		elsewhere.Get(in).WantsProblem(404, "not_found")

		ann.Member(acme.ID, bob.Email, "admin")
		his := harness.Created[harness.Task](elsewhere.Post(in+"/tasks", title))
		elsewhere.Patch(in, map[string]any{"name": "Park"}).Wants(200)
		comment := elsewhere.Comment(task.ID, "Deep")
		ann.Patch("/tasks/"+task.ID, map[string]any{"assignee_id": bob.ID}).Wants(200)

		ann.Patch(at, map[string]any{"role": "member"}).Wants(200)
		elsewhere.Post(in+"/tasks", title).WantsProblem(403, "forbidden")
		elsewhere.Patch(in, map[string]any{"name": "Garden"}).WantsProblem(403, "forbidden")
		elsewhere.Post(path+"/members", map[string]any{"user_id": bob.ID, "role": "admin"}).WantsProblem(403, "forbidden")
		elsewhere.Patch(at, map[string]any{"role": "admin"}).WantsProblem(403, "forbidden")
		elsewhere.Patch("/tasks/"+task.ID, title).Wants(200) // as the assignee

		ann.Comment(his.ID, "Well done")
		told := len(elsewhere.Feed())

		ann.Delete(at).Wants(204)
		ann.Comment(his.ID, "Without him")
		ann.Patch("/tasks/"+his.ID, map[string]any{"status": "done"}).Wants(200)
		require.Len(t, elsewhere.Feed(), told, "he is told of what he does not see")
		elsewhere.Patch("/tasks/"+task.ID, title).WantsProblem(404, "not_found")
		elsewhere.Get("/tasks/"+task.ID+"/comments").WantsProblem(404, "not_found")
		elsewhere.Patch("/comments/"+comment.ID, map[string]any{"body": "x"}).WantsProblem(404, "not_found")
		elsewhere.Delete("/comments/"+comment.ID).WantsProblem(404, "not_found")
		require.Empty(t, harness.All[harness.Organization](elsewhere.Client, "/organizations"))
		require.Empty(t, harness.All[harness.Task](elsewhere.Client, "/tasks"))
		require.Len(t, harness.All[harness.Project](elsewhere.Client, "/projects"), 1, "the Inbox")
	}

	// The role in the system is in the memory of every node, and counts on the others within a second.
	root := here.Admin()
	root.Patch("/users/"+bob.ID, map[string]any{"role": "admin"}).Wants(200)
	time.Sleep(time.Second)
	elsewhere.Patch(in, map[string]any{"name": "Park"}).Wants(200)
	root.Patch("/users/"+bob.ID, map[string]any{"role": "user"}).Wants(200)
	bob.Get(in).WantsProblem(404, "not_found")
	time.Sleep(time.Second)
	elsewhere.Get(in).WantsProblem(404, "not_found")
	elsewhere.Get("/projects?scope=all").WantsProblem(403, "forbidden")
}
