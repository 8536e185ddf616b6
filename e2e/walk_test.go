package e2e

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
	"fasttrack/shared/ids"
)

// walked is how many tasks a walk goes by; WALK_TASKS=1000000 makes it a long one.
func walked(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("WALK_TASKS"))
	if err != nil {
		return harness.Load(2000)
	}
	t.Logf("%d tasks", n)
	return n
}

// TestAWalkSeesWhatStandsStillOnce: while eight writers make, change, move and delete tasks, a walk sees every task
// whose place in the order stays as it is exactly once, whatever else happens to it, in every order.
func TestAWalkSeesWhatStandsStillOnce(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		db := openAlone(t, url)
		p := harness.Start(t, url, harness.InOrder())
		ann := p.Register("Ann")
		project, owner := ids.MustParse(ann.Project("Busy").ID), ids.MustParse(ann.ID)
		list := "/projects/" + project.String() + "/tasks"

		start := time.Now().UTC().AddDate(0, -1, 0).Truncate(time.Microsecond)
		var tasks, copies []map[string]any
		var still, moving []string
		for i := range walked(t) {
			id, at := ids.New(), start.Add(time.Duration(i/3)*time.Second) // of three that tie
			row := map[string]any{
				"id": id, "project_id": project, "owner_id": owner, "title": "t", "description": "", "search_text": "t",
				"status": "todo", "priority": 1 + i%3, "due_at": nil, "created_by": owner, "version": 1,
				"created_at": at, "updated_at": at,
			}
			if i%4 > 0 {
				row["due_at"] = at
			}
			tasks = append(tasks, row)
			copies = append(copies, map[string]any{
				"task_id": id, "project_id": project, "title": "t", "created_by": owner, "version": 1,
			})
			if i%10 == 0 {
				moving = append(moving, id.String())
			} else {
				still = append(still, id.String())
			}
		}
		dbtest.Fill(t, db, dbtest.Rows{Table: "comment_tasks", Rows: copies}, dbtest.Rows{Table: "tasks", Rows: tasks})

		var stop atomic.Bool
		var writers sync.WaitGroup
		defer writers.Wait()
		defer stop.Store(true)
		for writer := range 8 {
			writers.Go(func() {
				for i := writer; !stop.Load(); i += 8 {
					change := func(status int, method, path string, body map[string]any) (id string) {
						a, err := ann.Try(method, "/api/v1"+path, body)
						if !assert.NoError(t, err) || !assert.Equal(t, status, a.Status, "%s", a.Body) {
							stop.Store(true)
							return ""
						}
						if method == "POST" {
							return harness.Into[harness.Task](a).ID
						}
						return ""
					}
					change(200, "PATCH", "/tasks/"+still[i%len(still)], map[string]any{"title": fmt.Sprint("t", i)})
					change(200, "PATCH", "/tasks/"+moving[i%len(moving)], map[string]any{
						"due_at": start.Add(time.Duration(i) * time.Hour), "priority": []string{"low", "medium", "high"}[i%3],
					})
					if id := change(201, "POST", list, map[string]any{"title": "new", "due_at": start}); id != "" {
						change(204, "DELETE", "/tasks/"+id, nil)
					}
				}
			})
		}
		for _, order := range []string{"created_at", "-created_at", "due_at", "-due_at", "priority", "-priority"} {
			seen := map[string]int{}
			for _, task := range harness.All[harness.Task](ann.Client, list+"?sort="+order) {
				seen[task.ID]++
			}
			for _, id := range still {
				require.Equal(t, 1, seen[id], "%s: task %s", order, id)
			}
			if order == "created_at" || order == "-created_at" { // which never changes
				for _, id := range moving {
					require.Equal(t, 1, seen[id], "%s: task %s", order, id)
				}
			}
		}
	})
}

// TestOfEightPATCHesWithOneETagOneWins: for every kind of thing that people change. The others are told that what they
// have seen is not current any more.
func TestOfEightPATCHesWithOneETagOneWins(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		project := ann.Project("Garden")
		task := ann.Task(project.ID, "Dig", nil)
		comment, acme := ann.Comment(task.ID, "Deep"), ann.Organization("Acme")
		for path, member := range map[string]string{
			"/projects/" + project.ID: "name", "/tasks/" + task.ID: "title", "/comments/" + comment.ID: "body",
			"/users/me": "display_name", "/organizations/" + acme.ID: "name",
		} {
			for round := range harness.Load(3) {
				tag := ann.Get(path).Wants(200).Header.Get("ETag")
				var s statuses
				var winner atomic.Pointer[string]
				harness.AtOnce(8, func(i int) {
					wanted := fmt.Sprintf("%d of %d", i, round)
					a, err := ann.Try("PATCH", "/api/v1"+path, map[string]any{member: wanted},
						harness.Header{Name: "If-Match", Value: tag})
					if s.count(t, a, err) == 200 {
						winner.Store(&wanted)
					}
				})
				require.Equal(t, map[int]int{200: 1, 412: 7}, s.seen, path)
				require.Equal(t, *winner.Load(), harness.Into[map[string]any](ann.Get(path).Wants(200))[member])
			}
		}
	}, harness.InOrder())
}
