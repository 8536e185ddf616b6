package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestWhatNobodyNeedsIsGoneSoonAfterTheStart: the program that starts does what is done every so often, unless it was
// done a short time ago.
func TestWhatNobodyNeedsIsGoneSoonAfterTheStart(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Start(t, url)
		ann := p.Register("Ann")
		p.Stop()

		db := openAlone(t, url)
		long := time.Now().Add(-31 * 24 * time.Hour)
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			for _, statement := range []string{
				"UPDATE sessions SET expires_at = ?", "UPDATE refresh_tokens SET expires_at = ?",
			} {
				if err := db.Conn(ctx).Exec(statement, long).Error; err != nil {
					return err
				}
			}
			return db.Conn(ctx).Exec("DELETE FROM river_job").Error
		}))
		p = harness.Start(t, url)
		require.Eventually(t, func() bool {
			var left int
			require.NoError(t, db.Conn(t.Context()).Raw("SELECT count(*) FROM sessions").Scan(&left).Error)
			return left == 0
		}, 2*harness.Patience, 10*time.Millisecond)
		p.Login(ann.Email, ann.Password).Get("/users/me").Wants(200)
	})
}

// TestHowMuchThereIsIsCounted: a program that starts counts it, and so does one of its nodes every now and then; metrics
// and the doctor tell.
func TestHowMuchThereIsIsCounted(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		p := harness.Start(t, url)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		ann.Organization("Shop")
		project := ann.Project("Garden")
		for _, status := range []string{"todo", "todo", "done"} {
			ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID, "status": status})
		}
		ann.Patch("/projects/"+ann.Project("Old").ID, map[string]any{"status": "archived"}).Wants(200)
		p.Admin().Patch("/users/"+bob.ID, map[string]any{"is_active": false}).Wants(200)
		p.Stop()

		db := openAlone(t, url)
		require.NoError(t, db.Do(t.Context(), func(ctx context.Context) error {
			return db.Conn(ctx).Exec("DELETE FROM river_job").Error
		}))
		p = harness.Start(t, url)
		var text string
		require.Eventually(t, func() bool {
			text = string(p.Do("GET", "/metrics", nil).Wants(200).Body)
			return strings.Contains(text, `fasttrack_users{state="disabled"} 1`)
		}, 4*harness.Patience, 10*time.Millisecond)
		for _, line := range []string{
			`fasttrack_users{state="active"} 2`, `fasttrack_sessions 2`, `fasttrack_organizations 1`,
			`fasttrack_projects{state="active"} 4`, `fasttrack_projects{state="archived"} 1`, `fasttrack_tasks{state="todo"} 2`,
			`fasttrack_tasks{state="in_progress"} 0`, `fasttrack_tasks{state="done"} 1`, `fasttrack_notifications 3`,
			`fasttrack_unfolded_counts `, `fasttrack_statistics_age_seconds `,
		} {
			require.Contains(t, text, line)
		}
		require.Contains(t, harness.Command(t, url, "", "doctor"), "tasks todo 2, ")
		require.Eventually(t, func() bool {
			var left int
			require.NoError(t, db.Conn(t.Context()).Raw("SELECT count(*) FROM project_task_deltas").Scan(&left).Error)
			return left == 0
		}, 2*harness.Patience, 10*time.Millisecond, "task counts are not folded")
	})
}
