package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/jobs/jobstest"
	"fasttrack/e2e/harness"
)

// crashes is how often the program is killed: a few times, or as often as CRASHES says.
func crashes(t *testing.T) int {
	t.Helper()
	given := os.Getenv("CRASHES")
	if given == "" {
		return 5
	}
	n, err := strconv.Atoi(given)
	require.NoError(t, err)
	return n
}

// TestAKilledProgramLosesNothingAndLeavesNothingHalfDone kills the real program at random under write load, again and
// again. After each restart every acknowledged write is there; a write that was not acknowledged is there whole or not
// at all: the task with its count, the copy that comments keep of it, the notification and the job of its mail; and the feed
// is gapless. In a long run the jobs are waited for: each is done, whatever was killed in the middle of it.
func TestAKilledProgramLosesNothingAndLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))

		db := openAlone(t, url)
		p := harness.Launch(t, url)
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Busy")
		book := &book{tasks: map[string]string{}, comments: map[string]bool{}}
		for crash := range crashes(t) {
			var writers sync.WaitGroup
			for range 6 {
				writers.Go(func() { book.write(t, p.With(ann.Tokens.AccessToken), project.ID, bob.ID) })
			}
			goal := book.size() + 3 + random.IntN(40)
			require.Eventually(t, func() bool { return book.size() >= goal }, harness.Patience, time.Millisecond, "there is a load")
			time.Sleep(time.Duration(random.IntN(5000)) * time.Microsecond) // so that the kill comes anywhere in a write
			p.Kill()
			writers.Wait()
			waitUntilAlone(t, db) // PostgreSQL finishes a statement whose client is gone

			p = harness.Launch(t, url)
			ann.Client, bob.Client = p.With(ann.Tokens.AccessToken), p.With(bob.Tokens.AccessToken)
			book.hold(t, ann, bob, project.ID, db)
			t.Logf("crash %d: %d tasks and %d comments had been acknowledged", crash, len(book.tasks), len(book.comments))
		}
		if os.Getenv("CRASHES") != "" {
			everybodyIsMailed(t, db)
		}
	})
}

// book is what was acknowledged.
type book struct {
	mu       sync.Mutex
	tasks    map[string]string // id → status
	comments map[string]bool
}

// size returns how many tasks were acknowledged.
func (b *book) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.tasks)
}

// write makes tasks for somebody, comments on them and moves them on, until the program is gone.
func (b *book) write(t *testing.T, as *harness.Client, projectID, assignee string) {
	send := func(status int, method, path string, body map[string]any) (id string, ok bool) {
		a, err := as.Try(method, "/api/v1"+path, body)
		if err != nil {
			assert.True(t, harness.IsGone(err), "%v", err)
			return "", false
		}
		if !assert.Equal(t, status, a.Status, "%s", a.Body) {
			return "", false
		}
		return harness.Into[struct{ ID string }](a).ID, true
	}
	note := func(change func()) {
		b.mu.Lock()
		defer b.mu.Unlock()
		change()
	}
	for {
		task, ok := send(201, "POST", "/projects/"+projectID+"/tasks", map[string]any{"title": "Dig", "assignee_id": assignee})
		if !ok {
			return
		}
		note(func() { b.tasks[task] = "todo" })
		comment, ok := send(201, "POST", "/tasks/"+task+"/comments", map[string]any{"body": "Deep"})
		if !ok {
			return
		}
		note(func() { b.comments[comment] = true; b.tasks[task] = "" }) // in flight: either
		if _, ok = send(200, "PATCH", "/tasks/"+task, map[string]any{"status": "in_progress"}); !ok {
			return
		}
		note(func() { b.tasks[task] = "in_progress" })
	}
}

// hold compares what is there with what was acknowledged, and the parts of what is there with each other.
func (b *book) hold(t *testing.T, ann, bob *harness.Person, projectID string, db *database.DB) {
	t.Helper()
	there := map[string]string{}
	var counts harness.TaskCounts
	for _, task := range harness.All[harness.Task](ann.Client, "/projects/"+projectID+"/tasks") {
		there[task.ID] = task.Status
		if task.Status == "todo" {
			counts.Todo++
		} else {
			counts.InProgress++
		}
	}
	for id, status := range b.tasks {
		require.Contains(t, there, id, "an acknowledged task is lost")
		if status != "" {
			require.Equal(t, status, there[id], "an acknowledged change is lost")
		}
	}
	require.Equal(t, counts, harness.Into[harness.Project](ann.Get("/projects/"+projectID).Wants(200)).TaskCounts)

	comments := column(t, db, "SELECT id FROM comments")
	for id := range b.comments {
		require.Contains(t, comments, id, "an acknowledged comment is lost")
	}
	require.Equal(t, column(t, db, "SELECT id FROM tasks"), column(t, db, "SELECT task_id FROM comment_tasks"))

	// Each task was given, each comment was told of, and each task that moved on was told of: once.
	told := map[string][]string{}
	for i, n := range bob.Feed() {
		require.Equal(t, int64(i+1), n.Seq, "the feed has a gap")
		subject := "task_id"
		if n.Type == "comment_added" {
			subject = "comment_id"
		}
		told[n.Type] = append(told[n.Type], fmt.Sprint(n.Data[subject]))
	}
	var moved []string
	for id, status := range there {
		if status == "in_progress" {
			moved = append(moved, id)
		}
	}
	require.ElementsMatch(t, column(t, db, "SELECT id FROM tasks"), told["task_assigned"])
	require.Equal(t, column(t, db, "SELECT id FROM notifications WHERE type = 'task_assigned'"), mailed(t, db))
	require.ElementsMatch(t, comments, told["comment_added"])
	require.ElementsMatch(t, moved, told["status_changed"])
}

// mailed returns the notifications that there is a job to mail for, done or not.
func mailed(t *testing.T, db *database.DB) (ids []string) {
	t.Helper()
	for _, job := range jobstest.List(t, db) {
		if job.Kind != "notifications.mail_assignee" {
			continue
		}
		var args struct {
			Items []struct {
				NotificationID string `json:"notification_id"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(job.Args), &args))
		for _, item := range args.Items {
			ids = append(ids, item.NotificationID)
		}
	}
	slices.Sort(ids)
	return ids
}

// everybodyIsMailed waits until all jobs are done. Those that were under way when the program was killed are begun again
// after a minute or two.
func everybodyIsMailed(t *testing.T, db *database.DB) {
	t.Helper()
	require.Eventually(t, func() bool {
		return len(column(t, db, "SELECT id FROM notifications WHERE type = 'task_assigned' AND mailed_at IS NULL")) == 0
	}, 5*time.Minute, time.Second, "a job is not done")
}

// column reads one column of ids, in order.
func column(t *testing.T, db *database.DB, query string) []string {
	t.Helper()
	var ids []string
	require.NoError(t, db.Conn(t.Context()).Raw(query).Scan(&ids).Error)
	slices.Sort(ids)
	return ids
}
