package gormstore_test

import (
	"context"
	"fmt"
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

// newHaystack is one project with many tasks, a few of which are about something.
func newHaystack(t *testing.T, db *database.DB) (caller auth.Principal, project ids.ID) {
	t.Helper()
	caller, project = auth.Principal{UserID: ids.New()}, ids.New()
	start, _ := database.ParseTime(monday)
	var tasks []map[string]any
	for i := range 3000 {
		title := fmt.Sprintf("task number %d", i)
		if i%1000 == 7 {
			title = fmt.Sprintf("needle %d", i)
		}
		at := start.Add(time.Duration(i) * time.Minute)
		tasks = append(tasks, map[string]any{
			"id": ids.New(), "project_id": project, "owner_id": caller.UserID, "title": title, "description": "",
			"search_text": title, "status": "todo", "priority": 2, "created_by": caller.UserID, "version": 1,
			"created_at": at, "updated_at": at,
		})
	}
	dbtest.Fill(t, db, dbtest.Rows{Table: "task_projects", Rows: []map[string]any{{
		"id": project, "owner_id": caller.UserID, "name": "p", "inbox": false, "archived": false, "version": 1,
	}}}, dbtest.Rows{Table: "tasks", Rows: tasks})
	if db.Dialect() == database.Postgres { // what is new waits in a list beside the index until the table is vacuumed
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Exec(`SELECT gin_clean_pending_list('tasks_search')`).Error
		}))
	}
	return caller, project
}

// TestASearchIsServedByItsIndex: from three characters on the index on trigrams names what is to be looked at. Fewer
// are looked for in what the list's own index has.
func TestASearchIsServedByItsIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		caller, project := newHaystack(t, db)
		store := gormstore.NewTasks(db, members(db))
		plan := func(text string) string {
			recording := db.Record()
			_, err := store.ListInProject(t.Context(), caller, project, ports.Filter{Text: text},
				page.Request{Limit: 20, Sort: page.ParseSort("-created_at")})
			recording.Stop()
			require.NoError(t, err)
			var statement database.Recorded
			if db.Dialect() == database.SQLite {
				var steps []string
				for _, statement = range recording.Recorded() {
					steps = append(steps, dbtest.Explain(t, db, statement.Text, statement.Args...))
				}
				return strings.Join(steps, "\n")
			}
			require.Len(t, recording.Recorded(), 1)
			statement = recording.Recorded()[0]
			// As the planner wants it, but for reading a table of this size as a whole.
			var steps []string
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				if err := db.Conn(ctx).Exec("SET LOCAL enable_seqscan = off").Error; err != nil {
					return err
				}
				return db.Conn(ctx).Raw("EXPLAIN "+statement.Text, statement.Args...).Scan(&steps).Error
			}))
			return strings.Join(steps, "\n")
		}
		const short = "tasks_project_"
		index := map[database.Dialect]string{database.SQLite: "task_search VIRTUAL TABLE INDEX", database.Postgres: "tasks_search"}
		require.Contains(t, plan("needle"), index[db.Dialect()])
		require.Contains(t, plan("ne"), short)
		require.NotContains(t, plan("ne"), index[db.Dialect()])
		if db.Dialect() == database.SQLite {
			require.NotContains(t, plan("needle"), short, "few are looked up")
			require.Contains(t, plan("task"), short, "many are met soon")
		}
		for _, text := range []string{"needle", "ne"} {
			require.NotRegexp(t, `Seq Scan on tasks|(?m)^\s*SCAN t\b`, plan(text))
		}
	})
}

// TestSearchWorksWithoutTheExtension: where pg_trgm is missing, the tasks of the list are compared one by one.
func TestSearchWorksWithoutTheExtension(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	caller, project := newHaystack(t, db)
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		return db.Conn(ctx).Exec(`DROP EXTENSION pg_trgm CASCADE`).Error
	}))
	found, err := gormstore.NewTasks(db, members(db)).ListInProject(t.Context(), caller, project, ports.Filter{Text: "NEEDLE"},
		page.Request{Limit: 20, Sort: page.ParseSort("-created_at")})
	require.NoError(t, err)
	require.Len(t, found.Items, 3)
}
