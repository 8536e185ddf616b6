package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// world is one user with a project in which all tasks are, and one for new tasks.
type world struct {
	url     string
	token   string
	user    ids.ID
	project ids.ID // with all tasks that are read
	written ids.ID // where new ones go, so that they are not in the way of the others
	bulk    bulk
	tasks   []ids.ID // in the order in which they were made
	oldest  time.Time
}

func newWorld(programURL, databaseURL string) (*world, error) {
	w := &world{url: programURL, oldest: time.Now().UTC().AddDate(-1, 0, 0).Truncate(time.Microsecond)}
	const password = "four blue herons wade"
	account := map[string]any{"email": "ann@example.com", "password": password, "display_name": "Ann"}
	var user, project, written struct{ ID ids.ID }
	if err := w.call("POST", "/auth/register", account, &user); err != nil {
		return nil, err
	}
	if err := w.login(password); err != nil {
		return nil, err
	}
	if err := w.call("POST", "/projects", map[string]any{"name": "Everything"}, &project); err != nil {
		return nil, err
	}
	if err := w.call("POST", "/projects", map[string]any{"name": "New"}, &written); err != nil {
		return nil, err
	}
	w.user, w.project, w.written = user.ID, project.ID, written.ID
	var err error
	w.bulk, err = openBulk(databaseURL)
	return w, err
}

// login is done again before each size: an access token lives 15 minutes.
func (w *world) login(password string) error {
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	w.token = ""
	err := w.call("POST", "/auth/login", map[string]any{"email": "ann@example.com", "password": password}, &tokens)
	w.token = tokens.AccessToken
	return err
}

func (w *world) close() { _ = w.bulk.db.Close() }

// call calls the API of the program.
func (w *world) call(method, path string, body, into any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(context.Background(), method, w.url+"/api/v1"+path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if w.token != "" {
		r.Header.Set("Authorization", "Bearer "+w.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	received, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, answer.Status, received)
	}
	return json.Unmarshal(received, into)
}

// fill brings the table up to this many tasks: of a project that is a year old, a ninth of them of each status and
// priority, a third with a due date.
func (w *world) fill(ctx context.Context, size int) error {
	if err := w.login("four blue herons wade"); err != nil {
		return err
	}
	n := size - len(w.tasks)
	first := len(w.tasks)
	made := make([]ids.ID, n)
	for i := range made {
		made[i] = ids.New()
	}
	id := func(id ids.ID) any { return id.String() }
	if w.bulk.db.Dialect() == database.Postgres {
		id = func(id ids.ID) any { return [16]byte(id) }
	}
	const description = "What it is about is said here, in a sentence or two."
	statuses := []string{"todo", "in_progress", "done"}
	task := func(i int) []any {
		k := first + i
		at := w.oldest.Add(time.Duration(k) * 10 * time.Second)
		status := statuses[k%3]
		var due, completed any
		if k%3 == 1 {
			due = at.AddDate(0, 1, 0)
		}
		if status == "done" {
			completed = at.Add(time.Hour)
		}
		return []any{
			id(made[i]), id(w.project), id(w.user), titleOf(k), description, text.Fold(titleOf(k) + "\x1f" + description),
			status, int16(1 + k/3%3), due, completed, id(w.user), int64(1), at, at,
		}
	}
	copied := func(i int) []any { return []any{id(made[i]), id(w.project), titleOf(first + i), id(w.user), int64(1)} }
	err := w.bulk.withoutIndexes(ctx, []string{"tasks", "comment_tasks"}, func() error {
		if err := w.bulk.insert(ctx, "comment_tasks",
			[]string{"task_id", "project_id", "title", "created_by", "version"}, n, copied); err != nil {
			return err
		}
		return w.bulk.insert(ctx, "tasks", []string{
			"id", "project_id", "owner_id", "title", "description", "search_text", "status", "priority", "due_at", "completed_at",
			"created_by", "version", "created_at", "updated_at",
		}, n, task)
	})
	if err != nil {
		return err
	}
	w.tasks = append(w.tasks, made...)
	return w.bulk.settle(ctx)
}

// titleOf gives every thousandth task a word of its own.
func titleOf(k int) string {
	if k%1000 == 7 {
		return fmt.Sprintf("Plant the dahlias of bed %d", k)
	}
	return fmt.Sprintf("Write the minutes of meeting %d", k)
}

// lastPage returns where the last page of the project's tasks begins, newest first: a cursor of the program, and what
// the bare handler takes instead. It walks there as a client would.
func (w *world) lastPage() (cursor string, bare url.Values, err error) {
	path := "/projects/" + w.project.String() + "/tasks?limit=100"
	next := ""
	for {
		var page struct {
			Items []struct {
				ID        ids.ID    `json:"id"`
				CreatedAt time.Time `json:"created_at"`
			} `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		if err := w.call("GET", path+next, nil, &page); err != nil {
			return "", nil, err
		}
		if page.NextCursor == nil {
			return cursor, bare, nil
		}
		// The page after the one before the last is full.
		last := page.Items[len(page.Items)-1]
		if len(page.Items) == 100 {
			cursor = *page.NextCursor
			bare = url.Values{"after_at": {database.FormatTime(last.CreatedAt)}, "after_id": {last.ID.String()}}
		}
		next = "&cursor=" + *page.NextCursor
	}
}
