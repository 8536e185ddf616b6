package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestFiftyWritersOnSQLiteGetNo5xx: the embedded database has one writer; the others wait for their turn, and all get it.
func TestFiftyWritersOnSQLiteGetNo5xx(t *testing.T) {
	t.Parallel()
	p := harness.Start(t, dbtest.URL(t, database.SQLite))
	ann := p.Register("Ann")
	project := ann.Project("Busy")
	tasks := "/api/v1/projects/" + project.ID + "/tasks"
	until := time.Now().Add(3 * time.Second)
	var s statuses
	harness.AtOnce(harness.Load(50), func(writer int) {
		for i := 0; time.Now().Before(until); i++ {
			a, err := ann.Try("POST", tasks, map[string]any{"title": fmt.Sprintf("Task %d of %d", i, writer)})
			if s.count(t, a, err) != 201 {
				assert.Fail(t, "refused", "%s", a.Body)
				return
			}
			a, err = ann.Try("GET", tasks, nil)
			s.count(t, a, err)
		}
	})
	t.Logf("answers by status: %v", s.seen)
	require.Equal(t, s.seen[201], s.seen[200], "%v", s.seen)
	require.Equal(t, s.seen[201],
		harness.Into[harness.Project](ann.Get("/projects/"+project.ID).Wants(200)).TaskCounts.Todo)
}
