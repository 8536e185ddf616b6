package gormstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// crowd is a database with enough in it that the planner has something to choose: projects with tasks with comments.
type crowd struct {
	caller   auth.Principal
	project  ids.ID
	task     ids.ID
	comment  ids.ID
	position page.Position // in the middle of the task's comments

	organization ids.ID         // an organisation
	member       auth.Principal // a member of it
	shared       ids.ID         // a task in its project
}

const (
	projects, tasksEach, commentsEach = 50, 20, 8
	monday                            = "2026-03-02T09:00:00.000000Z"
)

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	var c crowd
	start, _ := database.ParseTime(monday)
	var projectRows, taskRows, commentRows, memberRows []map[string]any
	for i := range projects {
		project, owner, member, organization := ids.New(), ids.New(), ids.New(), ids.New()
		row := map[string]any{
			"project_id": project, "owner_id": owner, "organization_id": nil, "archived": false, "version": 1,
		}
		if i%2 == 0 {
			row["organization_id"] = organization
			for range 20 {
				memberRows = append(memberRows, map[string]any{
					"organization_id": organization, "user_id": member, "role": "member", "version": 1,
				})
				member = ids.New()
			}
			c.organization, c.member = organization, auth.Principal{UserID: memberRows[len(memberRows)-1]["user_id"].(ids.ID)}
		}
		projectRows = append(projectRows, row)
		for range tasksEach {
			task := ids.New()
			if i%2 == 0 {
				c.shared = task
			}
			taskRows = append(taskRows, map[string]any{
				"task_id": task, "project_id": project, "title": "t", "created_by": owner, "assignee_id": ids.New(), "version": 1,
			})
			for k := range commentsEach {
				comment, at := ids.New(), start.Add(time.Duration(len(commentRows))*time.Minute)
				commentRows = append(commentRows, map[string]any{
					"id": comment, "task_id": task, "author_id": owner, "body": "b", "version": 1,
					"created_at": at, "updated_at": at,
				})
				if i == projects/2 && k == commentsEach/2 {
					c.caller, c.project, c.task, c.comment = auth.Principal{UserID: owner}, project, task, comment
					c.position = page.Position{Value: new(database.FormatTime(at)), ID: comment}
				}
			}
		}
	}
	dbtest.Fill(t, db, dbtest.Rows{Table: "comment_projects", Rows: projectRows},
		dbtest.Rows{Table: "comment_tasks", Rows: taskRows}, dbtest.Rows{Table: "comments", Rows: commentRows},
		dbtest.Rows{Table: "comment_members", Rows: memberRows})
	return c
}

// requireDirect expects a plan that goes from index to index and sorts nothing.
func requireDirect(p dbtest.Plan, indexes ...string) {
	p.RequireNoScan("c", "t", "p", "member", "comments", "comment_tasks", "comment_projects", "comment_members").
		RequireNoSort().RequireIndex(indexes...)
}

// The comments on a task are read in the order of an index and no further than the page, from its beginning as from
// its middle, in one statement.
func TestAPageIsReadFromItsIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewComments(db, members(db))
		for _, caller := range []auth.Principal{c.caller, {UserID: ids.New(), Role: auth.RoleAdmin}} {
			for _, sort := range []string{"created_at", "-created_at"} {
				for _, after := range []*page.Position{nil, &c.position} {
					plans := dbtest.Plans(t, db, func() {
						p, err := store.List(t.Context(), caller, c.task,
							page.Request{Limit: 3, Sort: page.ParseSort(sort), After: after})
						require.NoError(t, err)
						require.NotEmpty(t, p.Items)
					})
					require.Len(t, plans, 1)
					requireDirect(plans[0], "comments_task_created")
				}
			}
		}
	})
}

func TestACommentIsReadByItsKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewComments(db, members(db))
		plans := dbtest.Plans(t, db, func() {
			_, err := store.Find(t.Context(), c.caller, c.comment)
			require.NoError(t, err)
		})
		require.Len(t, plans, 1)
		requireDirect(plans[0])
	})
}

func TestAMemberReadsAlongTheSameIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewComments(db, members(db))
		for _, sort := range []string{"created_at", "-created_at"} {
			plans := dbtest.Plans(t, db, func() {
				p, err := store.List(t.Context(), c.member, c.shared, page.Request{Limit: 3, Sort: page.ParseSort(sort)})
				require.NoError(t, err)
				require.NotEmpty(t, p.Items)
			})
			require.Len(t, plans, 1)
			requireDirect(plans[0], "comments_task_created")
		}
		plans := dbtest.Plans(t, db, func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				return gormstore.NewTasks(db, members(db)).ForgetProjectsOf(ctx, c.organization)
			}))
		})
		for _, plan := range plans {
			plan.RequireNoScan("c", "t", "p", "comments", "comment_tasks", "comment_projects")
		}
	})
}

// What goes with a task or a project is found by index, whatever else there is.
func TestADeletionFindsItsCommentsByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewTasks(db, members(db))
		plans := dbtest.Plans(t, db, func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				if err := store.ForgetTask(ctx, c.task); err != nil {
					return err
				}
				return store.ForgetProject(ctx, c.project)
			}))
		})
		require.GreaterOrEqual(t, len(plans), 5)
		for _, plan := range plans {
			requireDirect(plan)
		}
	})
}
