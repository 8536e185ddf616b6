package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"fasttrack/shared/ids"
)

// create writes a task on PostgreSQL as the program does: in one transaction, which holds the project, with the counts of
// the project and the copy that comments keep. It believes what it is sent.
func create(pool *pgxpool.Pool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, err := ids.Parse(r.Header.Get("X-User"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		var t bareTask
		if err := json.NewDecoder(r.Body).Decode(&t); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		now := time.Now().UTC().Truncate(time.Microsecond)
		t.ID, t.ProjectID, t.CreatedBy = ids.New().String(), r.PathValue("id"), user.String()
		t.Status, t.Priority, t.CreatedAt, t.UpdatedAt = "todo", "high", now, now
		err = pgx.BeginFunc(r.Context(), pool, func(tx pgx.Tx) error {
			var owner, name string
			if err := tx.QueryRow(r.Context(), `SELECT p.owner_id, COALESCE(u.display_name, '') FROM task_projects p
				LEFT JOIN task_users u ON u.user_id = $1 WHERE p.id = $2 AND p.owner_id = $1 FOR SHARE OF p`,
				t.CreatedBy, t.ProjectID).Scan(&owner, &name); err != nil {
				return err
			}
			for _, s := range []struct {
				text string
				args []any
			}{
				{
					`INSERT INTO tasks (id, project_id, owner_id, title, description, search_text, status, priority, created_by, version,
					created_at, updated_at) VALUES ($1, $2, $3, $4, '', $4, 'todo', 3, $3, 1, $5, $5)`,
					[]any{t.ID, t.ProjectID, t.CreatedBy, t.Title, now},
				},
				{`INSERT INTO comment_tasks (task_id, project_id, title, created_by, version) VALUES ($1, $2, $3, $4, 1)
					ON CONFLICT (task_id) DO NOTHING`, []any{t.ID, t.ProjectID, t.Title, t.CreatedBy}},
				{
					`INSERT INTO project_task_deltas (project_id, todo, in_progress, done) VALUES ($1, 1, 0, 0)`,
					[]any{t.ProjectID},
				},
			} {
				if _, err := tx.Exec(r.Context(), s.text, s.args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(t)
	}
}
