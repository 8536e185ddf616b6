package gormstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/modules/projects/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// crowd is a database with enough in it that the planner has something to choose: people with projects, with deltas,
// and organisations with many more; every person is in some of those, and the caller in 50.
type crowd struct {
	caller       auth.Principal
	project      ids.ID
	organization ids.ID
	position     map[string]page.Position // by sort key: in the middle of what the person sees
}

const (
	people, projectsEach, deltasEach = 100, 10, 5
	organizations, sharedEach        = 60, 60
	monday                           = "2026-03-02T09:00:00.000000Z"
)

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	var c crowd
	start, _ := database.ParseTime(monday)
	var projects, deltas, members []map[string]any
	add := func(owner ids.ID, organization *ids.ID) (id ids.ID, at time.Time, name string) {
		id, at = ids.New(), start.Add(time.Duration(len(projects))*time.Minute)
		name = fmt.Sprintf("p%04d", len(projects))
		projects = append(projects, map[string]any{
			"id": id, "owner_id": owner, "organization_id": organization, "name": name, "description": "",
			"search_text": name, "status": "active", "inbox": false, "version": 1, "created_at": at, "updated_at": at,
		})
		if organization != nil {
			return id, at, name
		}
		for range deltasEach {
			deltas = append(deltas, map[string]any{"project_id": id, "todo": 1, "in_progress": 0, "done": 0})
		}
		return id, at, name
	}
	everybody := make([]ids.ID, people)
	share := func(from, to int) {
		for i := from; i < to; i++ {
			organization := ids.New()
			for k := range people {
				if k%10 == i%10 || k == people/2 && i >= 10 {
					members = append(members, map[string]any{
						"organization_id": organization, "user_id": everybody[k], "role": "member", "version": 1,
					})
				}
			}
			for range sharedEach {
				add(everybody[people/2], &organization)
			}
			c.organization = organization
		}
	}
	for i := range everybody {
		everybody[i] = ids.New()
	}
	share(0, organizations/2)
	for i, owner := range everybody {
		for k := range projectsEach {
			id, at, name := add(owner, nil)
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
	share(organizations/2, organizations)
	dbtest.Fill(t, db, dbtest.Rows{Table: "projects", Rows: projects}, dbtest.Rows{Table: "project_members", Rows: members},
		dbtest.Rows{Table: "project_task_deltas", Rows: deltas})
	return c
}

// filters do not change along which index a list is read. Every project has a p in its name.
var filters = []ports.Filter{{}, {Status: new(domain.Active)}, {Text: "P"}}

// requireDirect expects a plan that goes from index to index and sorts nothing.
func requireDirect(p dbtest.Plan, indexes ...string) {
	p.RequireNoTableScan("projects", "d", "project_task_deltas").RequireNoSort().RequireIndex(indexes...)
}

var sortKeys = map[string]string{"created_at": "created", "updated_at": "updated", "name": "name"}

// eachPage reads a page of every sort, in both directions, from the beginning as from the middle.
func (c crowd) eachPage(t *testing.T, db *database.DB, read func(page.Request) (page.Page[domain.State], error),
	check func(sort string, plan dbtest.Plan),
) {
	t.Helper()
	for key := range sortKeys {
		for _, descending := range []bool{false, true} {
			for _, after := range []*page.Position{nil, new(c.position[key])} {
				plans := dbtest.Plans(t, db, func() {
					p, err := read(page.Request{Limit: 3, Sort: page.Sort{Key: key, Desc: descending}, After: after})
					require.NoError(t, err)
					require.Len(t, p.Items, 3)
				})
				require.Len(t, plans, 1, "in one statement")
				check(sortKeys[key], plans[0])
			}
		}
	}
}

// A page is read in the order of an index and no further than it goes; and the deltas of its projects by theirs.
func TestPagesAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), newStore(db)
		for _, filter := range filters {
			all := func(r page.Request) (page.Page[domain.State], error) {
				return store.ListAll(t.Context(), filter, r)
			}
			c.eachPage(t, db, all, func(sort string, plan dbtest.Plan) {
				requireDirect(plan, "projects_"+sort, "project_task_deltas_project")
			})
			one := func(r page.Request) (page.Page[domain.State], error) {
				r.After = nil // the position is in no organisation
				filter.OrganizationID = &c.organization
				return store.ListOf(t.Context(), c.caller.UserID, filter, r)
			}
			c.eachPage(t, db, one, func(sort string, plan dbtest.Plan) {
				requireDirect(plan, "projects_organization_"+sort, "project_task_deltas_project")
			})
		}
	})
}

// What somebody sees in 50 organisations is read as a few rows of each, in one statement, however many there are: from
// the index of each organisation, and from that of the personal projects.
func TestAPageOfManyOrganisationsIsReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), newStore(db)
		for _, filter := range filters {
			own := func(r page.Request) (page.Page[domain.State], error) {
				return store.ListOf(t.Context(), c.caller.UserID, filter, r)
			}
			c.eachPage(t, db, own, func(sort string, plan dbtest.Plan) {
				plan.RequireNoTableScan("projects", "shared", "m", "d", "project_task_deltas").
					RequireIndex("projects_owner_"+sort, "projects_organization_"+sort, "project_task_deltas_project")
				require.NotRegexp(t, `using projects_(created|updated|name)\b`, plan.Steps, "not along all projects")
				if db.Dialect() == database.Postgres { // a limit of its own for each
					require.Regexp(t, `Limit[^\n]*\n *-> +Index[^\n]* using projects_organization_`+sort, plan.Steps)
				}
			})
		}
	})
}

func TestAProjectIsReadByItsKeyInOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), newStore(db)
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
		c, store := newCrowd(t, db), newStore(db)
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
