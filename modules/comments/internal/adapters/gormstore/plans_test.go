package gormstore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// crowd is a database with enough in it that the planner has something to choose: projects with tasks with comments.
type crowd struct {
	db       *database.DB
	who      auth.Principal
	project  ids.ID
	task     ids.ID
	comment  ids.ID
	position page.Position // in the middle of the task's comments
}

const (
	projects, tasksEach, commentsEach = 50, 20, 8
	monday                            = "2026-03-02T09:00:00.000000Z"
)

func newCrowd(t *testing.T, db *database.DB) crowd {
	t.Helper()
	c := crowd{db: db}
	start, _ := database.ParseTime(monday)
	var projectRows, taskRows, commentRows []map[string]any
	for i := range projects {
		project, owner := ids.New(), ids.New()
		projectRows = append(projectRows, map[string]any{
			"project_id": project, "owner_id": owner, "archived": false, "version": 1,
		})
		for range tasksEach {
			task := ids.New()
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
					c.who, c.project, c.task, c.comment = auth.Principal{UserID: owner}, project, task, comment
					c.position = page.Position{Value: new(database.FormatTime(at)), ID: comment}
				}
			}
		}
	}
	require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
		for _, table := range []struct {
			name string
			rows []map[string]any
		}{{"comment_projects", projectRows}, {"comment_tasks", taskRows}, {"comments", commentRows}} {
			if err := db.Conn(ctx).Table(table.name).CreateInBatches(table.rows, 500).Error; err != nil {
				return err
			}
		}
		if db.Dialect() == database.SQLite {
			return nil // in use it knows as little about its tables as here
		}
		return db.Conn(ctx).Exec("ANALYZE").Error
	}))
	return c
}

// statement is what GORM made of a call.
type statement struct {
	sql  string
	args []any
}

// capture returns the statements that run on the database during fn.
func capture(t *testing.T, db *database.DB, fn func()) []statement {
	t.Helper()
	var mu sync.Mutex
	var seen []statement
	note := func(tx *gorm.DB) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, statement{tx.Statement.SQL.String(), tx.Statement.Vars})
	}
	callbacks := db.Conn(t.Context()).Callback()
	require.NoError(t, callbacks.Query().After("gorm:query").Register("capture", note))
	require.NoError(t, callbacks.Row().After("gorm:row").Register("capture", note))
	require.NoError(t, callbacks.Raw().After("gorm:raw").Register("capture", note))
	fn()
	require.NoError(t, callbacks.Query().Remove("capture"))
	require.NoError(t, callbacks.Row().Remove("capture"))
	require.NoError(t, callbacks.Raw().Remove("capture"))
	return seen
}

// requireDirect expects a plan that goes from index to index and sorts nothing.
func (c crowd) requireDirect(t *testing.T, s statement, indexes ...string) {
	t.Helper()
	plan := dbtest.Explain(t, c.db, s.sql, s.args...)
	require.NotContains(t, plan, "Seq Scan", s.sql)
	require.NotContains(t, plan, "Sort", s.sql)
	require.NotRegexp(t, `(?m)^SCAN (?:c|t|p|comments|comment_tasks|comment_projects)\b`, plan, s.sql)
	require.NotContains(t, plan, "TEMP B-TREE", s.sql)
	for _, index := range indexes {
		require.Contains(t, plan, index, s.sql)
	}
}

// The comments on a task are read in the order of an index and no further than the page, from its beginning as from
// its middle, in one statement.
func TestAPageIsReadFromItsIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewComments(db)
		for _, who := range []auth.Principal{c.who, {UserID: ids.New(), Role: auth.RoleAdmin}} {
			for _, sort := range []string{"created_at", "-created_at"} {
				for _, after := range []*page.Position{nil, &c.position} {
					statements := capture(t, db, func() {
						p, err := store.List(t.Context(), who, c.task,
							page.Request{Limit: 3, Sort: page.ParseSort(sort), After: after})
						require.NoError(t, err)
						require.NotEmpty(t, p.Items)
					})
					require.Len(t, statements, 1)
					c.requireDirect(t, statements[0], "comments_task_created")
				}
			}
		}
	})
}

func TestACommentIsReadByItsKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewComments(db)
		statements := capture(t, db, func() {
			_, err := store.Find(t.Context(), c.who, c.comment)
			require.NoError(t, err)
		})
		require.Len(t, statements, 1)
		c.requireDirect(t, statements[0])
	})
}

// What goes with a task or a project is found by index, whatever else there is.
func TestADeletionFindsItsCommentsByIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		c, store := newCrowd(t, db), gormstore.NewTasks(db)
		statements := capture(t, db, func() {
			require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
				if err := store.ForgetTask(ctx, c.task); err != nil {
					return err
				}
				return store.ForgetProject(ctx, c.project)
			}))
		})
		require.GreaterOrEqual(t, len(statements), 5)
		for _, s := range statements {
			c.requireDirect(t, s)
		}
	})
}
