package gormstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/tasks/internal/adapters/gormstore"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// crowd is a database with enough in it that the planner has something to choose: people with projects with tasks,
// every third of which is assigned to somebody, and organisations with the like; each person is in ten of those.
type crowd struct {
	caller   auth.Principal
	project  ids.ID
	task     ids.ID
	position map[string]page.Position // by sort key: in the middle of the person's tasks

	organization ids.ID // of which the caller is a member
	shared       ids.ID // a project of it
	sharedTask   ids.ID
}

const (
	people, projectsEach, tasksEach = 40, 5, 20
	monday                          = "2026-03-02T09:00:00.000000Z"
)

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	var c crowd
	start, _ := database.ParseTime(monday)
	users := make([]ids.ID, people)
	for i := range users {
		users[i] = ids.New()
	}
	var projects, tasks, memberships []map[string]any
	for i, owner := range users {
		for range projectsEach {
			project := ids.New()
			projects = append(projects, map[string]any{
				"id": project, "owner_id": owner, "name": "p", "inbox": false, "archived": false, "version": 1,
			})
			for k := range tasksEach {
				task, at := ids.New(), start.Add(time.Duration(len(tasks))*time.Minute)
				row := map[string]any{
					"id": task, "project_id": project, "owner_id": owner, "title": "t", "description": "",
					"status": "todo", "priority": 1 + k%3, "assignee_id": nil, "due_at": nil, "created_by": owner,
					"version": 1, "created_at": at, "updated_at": at,
				}
				if k%2 == 0 {
					row["due_at"] = at.AddDate(0, 0, 7)
				}
				if k%3 == 0 {
					row["assignee_id"] = users[(i+k)%people]
				}
				tasks = append(tasks, row)
				if i == people/2 && k == tasksEach/2 {
					c.caller, c.project, c.task = auth.Principal{UserID: owner}, project, task
					c.position = map[string]page.Position{
						"created_at": {Value: new(database.FormatTime(at)), ID: task},
						"updated_at": {Value: new(database.FormatTime(at)), ID: task},
						"due_at":     {Value: new(database.FormatTime(at)), ID: task},
						"priority":   {Value: new("2"), ID: task},
					}
				}
			}
		}
	}
	for i := range users {
		organization := ids.New()
		for k := range 10 {
			memberships = append(memberships, map[string]any{
				"organization_id": organization, "user_id": users[(i+k)%people], "role": "member", "version": 1,
			})
		}
		for range projectsEach {
			project, at := ids.New(), start
			projects = append(projects, map[string]any{
				"id": project, "owner_id": users[i], "organization_id": organization, "name": "p", "inbox": false,
				"archived": false, "version": 1,
			})
			for k := range tasksEach {
				at = at.Add(time.Minute)
				task := ids.New()
				tasks = append(tasks, map[string]any{
					"id": task, "project_id": project, "owner_id": nil, "title": "t", "description": "", "status": "todo",
					"priority": 1 + k%3, "assignee_id": users[(i+k%10)%people], "due_at": at, "created_by": users[i],
					"version": 1, "created_at": at, "updated_at": at,
				})
				if i == people/2 {
					c.organization, c.shared, c.sharedTask = organization, project, task
				}
			}
		}
	}
	for i := range projects { // a row of Fill has the columns of the first
		if _, there := projects[i]["organization_id"]; !there {
			projects[i]["organization_id"] = nil
		}
	}
	dbtest.Fill(t, db, dbtest.Rows{Table: "task_projects", Rows: projects}, dbtest.Rows{Table: "tasks", Rows: tasks},
		dbtest.Rows{Table: "task_members", Rows: memberships})
	return c
}

// requireNoScan expects that what is wanted of the tables is searched for.
func requireNoScan(p dbtest.Plan) dbtest.Plan {
	return p.RequireNoScan("t", "p", "member", "tasks", "task_projects", "task_members")
}

// Every list is read in the order of an index and no further than the page, from its beginning as from its middle.
func TestListsAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewTasks(db, members(db))
		lists := map[string]func(f ports.Filter, r page.Request) error{
			"project": func(f ports.Filter, r page.Request) error {
				_, err := store.ListInProject(t.Context(), c.caller, c.project, f, r)
				return err
			},
			"project ": func(f ports.Filter, r page.Request) error { // of an organisation
				r.After = nil // the position is in another project
				_, err := store.ListInProject(t.Context(), c.caller, c.shared, f, r)
				return err
			},
			"owner assignee": func(f ports.Filter, r page.Request) error {
				_, err := store.ListOf(t.Context(), c.caller.UserID, f, r)
				return err
			},
			"assignee": func(f ports.Filter, r page.Request) error {
				f.Assignee.ID = &c.caller.UserID
				_, err := store.ListOf(t.Context(), c.caller.UserID, f, r)
				return err
			},
		}
		for by, read := range lists {
			for _, sort := range []string{"created_at", "updated_at", "due_at", "priority"} {
				for _, direction := range []string{"", "-"} {
					for _, filter := range []ports.Filter{{}, {Completed: new(false)}} {
						for _, after := range []*page.Position{nil, new(c.position[sort])} {
							request := page.Request{Limit: 5, Sort: page.ParseSort(direction + sort), After: after}
							plans := dbtest.Plans(t, db, func() { require.NoError(t, read(filter, request)) })
							require.NotEmpty(t, plans)
							require.LessOrEqual(t, len(plans), 2)
							for _, plan := range plans {
								requireNoScan(plan).RequireNoSortBelowLimit()
								for side := range strings.FieldsSeq(by) {
									plan.RequireIndex("tasks_" + side + "_" + strings.TrimSuffix(sort, "_at"))
								}
							}
						}
					}
				}
			}
		}
	})
}

// A list that is narrowed to one project touches no more than the project's tasks.
func TestOwnTasksOfOneProjectAreFoundByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewTasks(db, members(db))
		plans := dbtest.Plans(t, db, func() {
			_, err := store.ListOf(t.Context(), c.caller.UserID, ports.Filter{ProjectID: &c.project},
				page.Request{Limit: 5, Sort: page.ParseSort("-created_at")})
			require.NoError(t, err)
		})
		require.Len(t, plans, 1)
		requireNoScan(plans[0]).RequireIndex("tasks_project_created")
	})
}

func TestATaskIsReadByItsKeyInOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewTasks(db, members(db))
		plans := dbtest.Plans(t, db, func() {
			_, err := store.Find(t.Context(), c.caller, c.task)
			require.NoError(t, err)
		})
		require.Len(t, plans, 1)
		requireNoScan(plans[0])

		plans = dbtest.Plans(t, db, func() {
			_, err := store.Find(t.Context(), c.caller, c.sharedTask)
			require.NoError(t, err)
		})
		require.Len(t, plans, 1)
		requireNoScan(plans[0])
	})
}

// What goes with a member or an organisation is found by index, whatever else there is.
func TestBulkChangesFindTheirTasksByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store, projects := newCrowd(t, db), gormstore.NewTasks(db, members(db)), gormstore.NewProjects(db, members(db))
		plans := dbtest.Plans(t, db, func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				require.NoError(t, store.LockAssigned(ctx, c.organization, c.caller.UserID))
				taken, err := store.Unassign(ctx, c.organization, c.caller.UserID, time.Time{}, 500)
				require.NotEmpty(t, taken)
				require.NoError(t, err)
				return projects.ForgetOf(ctx, c.organization)
			}))
		})
		require.GreaterOrEqual(t, len(plans), 3)
		for _, plan := range plans {
			requireNoScan(plan)
		}
		plans[len(plans)-2].RequireIndex("tasks_project", "task_projects_organization")
	})
}
