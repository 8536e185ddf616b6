package gormstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/modules/comments/internal/adapters/gormstore"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/ids"
)

// A project goes at once, however much is in it: the number of statements does not depend on it.
func TestForgettingAProjectOfTenThousandTasks(t *testing.T) {
	t.Parallel()
	const tasks = 10_000
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		store := gormstore.NewTasks(db, members(db))
		project, other := domain.Project{ID: ids.New(), Version: 1}, domain.Project{ID: ids.New(), Version: 1}
		at, _ := database.ParseTime(monday)
		var taskRows, commentRows []map[string]any
		for i := range tasks + 1 {
			in, task := project.ID, ids.New()
			if i == tasks {
				in = other.ID // which stays
			}
			taskRows = append(taskRows, map[string]any{
				"task_id": task, "project_id": in, "title": "t", "created_by": ids.New(), "assignee_id": nil, "version": 1,
			})
			commentRows = append(commentRows, map[string]any{
				"id": ids.New(), "task_id": task, "author_id": ids.New(), "body": "b", "version": 1,
				"created_at": at, "updated_at": at,
			})
		}
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			require.NoError(t, store.PutProject(ctx, project))
			return store.PutProject(ctx, other)
		}))
		dbtest.Fill(t, db, dbtest.Rows{Table: "comment_tasks", Rows: taskRows},
			dbtest.Rows{Table: "comments", Rows: commentRows})

		recording := db.Record()
		defer recording.Stop()
		began := time.Now()
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return store.ForgetProject(ctx, project.ID)
		}))
		t.Logf("%d tasks with a comment each in %s", tasks, time.Since(began))
		require.LessOrEqual(t, recording.Count(), 4)
		for _, table := range []string{"comments", "comment_tasks", "comment_projects"} {
			var left int64
			require.NoError(t, db.Conn(t.Context()).Table(table).Count(&left).Error)
			require.EqualValues(t, 1, left, table)
		}
	})
}
