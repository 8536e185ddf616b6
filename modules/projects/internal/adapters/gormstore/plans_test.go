package gormstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/projects/internal/adapters/gormstore"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// crowd is a database with enough in it that the planner has something to choose: people with projects, with deltas.
type crowd struct {
	caller   auth.Principal
	project  ids.ID
	position map[string]page.Position // by sort key: in the middle of the person's projects
}

const (
	people, projectsEach, deltasEach = 100, 10, 5
	monday                           = "2026-03-02T09:00:00.000000Z"
)

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	var c crowd
	start, _ := database.ParseTime(monday)
	var projects, deltas []map[string]any
	for i := range people {
		owner := ids.New()
		for k := range projectsEach {
			id, at := ids.New(), start.Add(time.Duration(len(projects))*time.Minute)
			name := fmt.Sprintf("p%04d", len(projects))
			projects = append(projects, map[string]any{
				"id": id, "owner_id": owner, "organization_id": nil, "name": name, "description": "", "status": "active",
				"inbox": false, "version": 1, "created_at": at, "updated_at": at,
			})
			for range deltasEach {
				deltas = append(deltas, map[string]any{"project_id": id, "todo": 1, "in_progress": 0, "done": 0})
			}
			if i == people/2 && k == projectsEach/2 {
				c.caller, c.project = auth.Principal{UserID: owner, Role: auth.RoleUser}, id
				c.position = map[string]page.Position{
					"created_at": {Value: new(database.FormatTime(at)), ID: id},
					"updated_at": {Value: new(database.FormatTime(at)), ID: id},
					"name":       {Value: &name, ID: id},
				}
			}
		}
	}
	dbtest.Fill(t, db, dbtest.Rows{Table: "projects", Rows: projects},
		dbtest.Rows{Table: "project_task_deltas", Rows: deltas})
	return c
}

// requireDirect expects a plan that goes from index to index and sorts nothing.
func requireDirect(p dbtest.Plan, indexes ...string) {
	p.RequireNoTableScan("projects", "d", "project_task_deltas").RequireNoSort().RequireIndex(indexes...)
}

// A page is read in the order of an index and no further than it goes, from the beginning as from the middle, in one
// statement; and the deltas of its projects by theirs.
func TestPagesAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.New(db)
		for key, index := range map[string]string{"created_at": "created", "updated_at": "updated", "name": "name"} {
			for _, list := range []struct {
				filter ports.Filter
				index  string
			}{
				{ports.Filter{PersonalOf: &c.caller.UserID}, "projects_owner_" + index},
				{ports.Filter{PersonalOf: &c.caller.UserID, Status: new(domain.Active)}, "projects_owner_" + index},
				{ports.Filter{}, "projects_" + index},
				{ports.Filter{Status: new(domain.Active)}, "projects_" + index},
			} {
				for _, descending := range []bool{false, true} {
					for _, after := range []*page.Position{nil, new(c.position[key])} {
						plans := dbtest.Plans(t, db, func() {
							p, err := store.List(t.Context(), list.filter, page.Request{
								Limit: 3, Sort: page.Sort{Key: key, Desc: descending}, After: after,
							})
							require.NoError(t, err)
							require.Len(t, p.Items, 3)
						})
						require.Len(t, plans, 1)
						requireDirect(plans[0], list.index, "project_task_deltas_project")
					}
				}
			}
		}
	})
}

func TestAProjectIsReadByItsKeyInOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.New(db)
		plans := dbtest.Plans(t, db, func() {
			p, err := store.Find(t.Context(), c.caller, c.project)
			require.NoError(t, err)
			require.EqualValues(t, deltasEach, p.State().TaskCounts.Todo)
		})
		require.Len(t, plans, 1)
		requireDirect(plans[0], "project_task_deltas_project")
	})
}

func TestADeletionFindsWhatItRemovesByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.New(db)
		plans := dbtest.Plans(t, db, func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				if _, err := store.Delete(ctx, c.caller, c.project, func(*domain.Project) error { return nil }); err != nil {
					return err
				}
				return store.ForgetCounts(ctx, c.project)
			}))
		})
		require.Len(t, plans, map[database.Dialect]int{database.SQLite: 3, database.Postgres: 4}[db.Dialect()])
		for _, plan := range plans {
			requireDirect(plan)
		}
	})
}
