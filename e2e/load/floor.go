package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver that the program has

	"fasttrack/shared/ids"
)

// floorCommand is how this program is told to be the bare handler.
const floorCommand = "bare-handler"

// floor is the least that a server can do for what is measured: the same SQL, the same JSON, on net/http and a driver.
// It knows nobody, checks nothing, logs nothing.
type floor struct {
	query func(ctx context.Context, sql string, args ...any) ([]bareTask, error)
	mark  func(n int) string
	id    func(ids.ID) any
}

// bareTask is a task as the API shows it.
type bareTask struct {
	ID          string     `json:"id"`
	ProjectID   string     `json:"project_id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Status      string     `json:"status"`
	Priority    string     `json:"priority"`
	AssigneeID  *string    `json:"assignee_id"`
	DueAt       *time.Time `json:"due_at"`
	CompletedAt *time.Time `json:"completed_at"`
	CreatedBy   string     `json:"created_by"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	version     int64
}

type barePage struct {
	Items      []bareTask `json:"items"`
	NextCursor *string    `json:"next_cursor"`
	HasMore    bool       `json:"has_more"`
}

const bareColumns = `t.id, t.project_id, t.title, t.description, t.status, t.priority, t.assignee_id, t.due_at,
	t.completed_at, t.created_by, t.version, t.created_at, t.updated_at`

func serveFloor(databaseURL string) error {
	mux := http.NewServeMux()
	f := floor{mark: func(int) string { return "?" }, id: func(id ids.ID) any { return id.String() }}
	if path, ok := strings.CutPrefix(databaseURL, "sqlite://"); ok {
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
		if err != nil {
			return err
		}
		db.SetMaxOpenConns(4)
		db.SetMaxIdleConns(4)
		f.query = onSQL(db)
	} else {
		config, err := pgxpool.ParseConfig(databaseURL)
		if err != nil {
			return err
		}
		config.MaxConns = 20 // as the program has by default
		pool, err := pgxpool.NewWithConfig(context.Background(), config)
		if err != nil {
			return err
		}
		f.query = onPool(pool)
		f.mark = func(n int) string { return "$" + strconv.Itoa(n) }
		f.id = func(id ids.ID) any { return [16]byte(id) }
		mux.HandleFunc("POST /projects/{id}/tasks", create(pool))
	}
	mux.HandleFunc("GET /tasks/{id}", f.read)
	mux.HandleFunc("GET /projects/{id}/tasks", f.list)
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "serving address=%s\n", l.Addr())
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}).Serve(l)
}

func onPool(pool *pgxpool.Pool) func(context.Context, string, ...any) ([]bareTask, error) {
	return func(ctx context.Context, query string, args ...any) ([]bareTask, error) {
		rows, err := pool.Query(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, func(r pgx.CollectableRow) (bareTask, error) { return scanTask(r.Scan) })
	}
}

func onSQL(db *sql.DB) func(context.Context, string, ...any) ([]bareTask, error) {
	return func(ctx context.Context, query string, args ...any) ([]bareTask, error) {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }()
		var found []bareTask
		for rows.Next() {
			t, err := scanTask(rows.Scan)
			if err != nil {
				return nil, err
			}
			found = append(found, t)
		}
		return found, rows.Err()
	}
}

func scanTask(scan func(...any) error) (t bareTask, err error) {
	var priority int16
	err = scan(&t.ID, &t.ProjectID, &t.Title, &t.Description, &t.Status, &priority, &t.AssigneeID, &t.DueAt,
		&t.CompletedAt, &t.CreatedBy, &t.version, &t.CreatedAt, &t.UpdatedAt)
	t.Priority = [4]string{"", "low", "medium", "high"}[priority]
	return t, err
}

func (f floor) read(w http.ResponseWriter, r *http.Request) {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	user, err := ids.Parse(r.Header.Get("X-User"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	found, err := f.query(r.Context(), `SELECT `+bareColumns+` FROM tasks t JOIN task_projects p ON p.id = t.project_id
		WHERE t.id = `+f.mark(1)+` AND ((p.owner_id = `+f.mark(2)+` AND p.organization_id IS NULL)
			OR t.assignee_id = `+f.mark(3)+`)`, f.id(id), f.id(user), f.id(user))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case len(found) == 0:
		http.NotFound(w, r)
	default:
		answer(w, found[0])
	}
}

const pageSize = 20

func (f floor) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	project, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	var where strings.Builder
	args := []any{f.id(project)}
	add := func(condition string, values ...any) {
		where.WriteString(" AND ")
		for _, part := range strings.SplitAfter(condition, "?") {
			if before, ok := strings.CutSuffix(part, "?"); ok {
				args = append(args, values[0])
				values = values[1:]
				where.WriteString(before + f.mark(len(args)))
			} else {
				where.WriteString(part)
			}
		}
	}
	if status := q.Get("status"); status != "" {
		add("t.status = ?", status)
	}
	if priority := q.Get("priority"); priority != "" {
		add("t.priority = ?", map[string]int{"low": 1, "medium": 2, "high": 3}[priority])
	}
	if at := q.Get("after_at"); at != "" {
		id, _ := ids.Parse(q.Get("after_id"))
		when, _ := time.Parse(time.RFC3339Nano, at)
		var bound any = when
		if f.mark(1) == "?" {
			bound = at // SQLite compares times as text
		}
		add("(t.created_at, t.id) < (?, ?)", bound, f.id(id))
	}
	found, err := f.query(r.Context(), `SELECT `+bareColumns+` FROM tasks t WHERE t.project_id = `+f.mark(1)+
		where.String()+` ORDER BY t.created_at DESC, t.id DESC LIMIT 21`, args...)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	page := barePage{Items: found}
	if len(found) > pageSize {
		last := found[pageSize-1].ID
		page = barePage{Items: found[:pageSize], NextCursor: &last, HasMore: true}
	}
	answer(w, page)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
