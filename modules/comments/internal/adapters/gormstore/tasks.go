package gormstore

import (
	"context"
	"fmt"

	"fasttrack/adapters/database"
	"fasttrack/adapters/replica"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/modules/comments/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Tasks implements ports.Tasks.
type Tasks struct {
	db      *database.DB
	members *replica.Memberships
	visible visibility
}

var _ ports.Tasks = (*Tasks)(nil)

// NewTasks returns the copies in the database. The copy of memberships says who sees which.
func NewTasks(db *database.DB, members *replica.Memberships) *Tasks {
	return &Tasks{db, members, visibility{members}}
}

const taskTables = `comment_tasks t JOIN comment_projects p ON p.project_id = t.project_id`

// Hold implements ports.Tasks.
func (s *Tasks) Hold(ctx context.Context, caller auth.Principal, taskID ids.ID) (ports.Held, error) {
	held, err := s.holdProject(ctx, caller, domain.ErrTaskNotFound, taskTables, `t.task_id = ?`, taskID)
	if err != nil {
		return ports.Held{}, err
	}
	visible := s.visible.task(caller)
	var r taskRow
	q := s.db.Conn(ctx).Raw(`SELECT `+taskColumns+` FROM `+taskTables+` WHERE t.task_id = ? AND `+visible.SQL+` `+
		s.db.Dialect().Lock("FOR SHARE OF t"), visible.After(taskID)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Held{}, fmt.Errorf("hold task %s: %w", taskID, q.Error)
	case q.RowsAffected == 0:
		return ports.Held{}, domain.ErrTaskNotFound
	}
	held.Task = r.task(taskID)
	return held, nil
}

// holdProject locks the project p of the one task t of the tables for which the condition holds, if the caller may see
// the task, and then what the caller and the task's creator are in its organisation. A task's project and creator
// never change, nor does a project's organisation, so they are known without locking the task. The names and system
// roles are read without a lock: of those of the caller the request has its own, and the others decide nothing.
func (s *Tasks) holdProject(
	ctx context.Context, caller auth.Principal, missing error, tables, where string, id ids.ID,
) (ports.Held, error) {
	visible := s.visible.task(caller)
	var r struct {
		OrganizationID *ids.ID
		ByName         string
		CreatedBy      ids.ID
		CreatorRole    string
	}
	q := s.db.Conn(ctx).Raw(`SELECT p.organization_id, COALESCE(u.display_name, '') AS by_name, t.created_by,
		COALESCE(creator.role, '') AS creator_role
		FROM `+tables+` LEFT JOIN comment_users u ON u.user_id = ?
		LEFT JOIN comment_users creator ON creator.user_id = t.created_by
		WHERE `+where+` AND `+visible.SQL+` `+s.db.Dialect().Lock("FOR SHARE OF p"),
		visible.After(caller.UserID, id)...).Scan(&r)
	switch {
	case q.Error != nil:
		return ports.Held{}, fmt.Errorf("hold the project of %s: %w", id, q.Error)
	case q.RowsAffected == 0:
		return ports.Held{}, missing
	}
	held := ports.Held{
		Caller:  auth.Caller{Principal: caller},
		By:      events.Person{ID: caller.UserID, Name: r.ByName},
		Creator: auth.Caller{Principal: auth.Principal{UserID: r.CreatedBy, Role: auth.Role(r.CreatorRole)}},
	}
	if r.OrganizationID != nil {
		roles, err := s.members.Lock(ctx, *r.OrganizationID, caller.UserID, r.CreatedBy)
		if err != nil {
			return ports.Held{}, err
		}
		held.Caller.OrganizationRole, held.Creator.OrganizationRole = roles[caller.UserID], roles[r.CreatedBy]
	}
	return held, nil
}

// PutProject implements ports.Tasks. Owner and organisation of a project never change.
func (s *Tasks) PutProject(ctx context.Context, p domain.Project) error {
	err := s.db.Conn(ctx).Exec(`INSERT INTO comment_projects (project_id, owner_id, organization_id, archived, version)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (project_id) DO UPDATE SET archived = excluded.archived, version = excluded.version
		WHERE comment_projects.version < excluded.version`,
		p.ID, p.OwnerID, p.OrganizationID, p.Archived, p.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of project %s: %w", p.ID, err)
	}
	return nil
}

// PutTask implements ports.Tasks. Project and creator of a task never change.
func (s *Tasks) PutTask(ctx context.Context, t domain.Task) error {
	err := s.db.Conn(ctx).Exec(`INSERT INTO comment_tasks (task_id, project_id, title, created_by, assignee_id, version)
		VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, assignee_id = excluded.assignee_id,
			version = excluded.version
		WHERE comment_tasks.version < excluded.version`,
		t.ID, t.Project.ID, t.Title, t.CreatedBy, t.AssigneeID, t.Version).Error
	if err != nil {
		return fmt.Errorf("keep the copy of task %s: %w", t.ID, err)
	}
	return nil
}

// Unassign implements ports.Tasks.
func (s *Tasks) Unassign(ctx context.Context, tasks []ids.ID, from ids.ID) error {
	err := s.db.Conn(ctx).Exec(`UPDATE comment_tasks SET assignee_id = NULL, version = version + 1
		WHERE task_id IN (?) AND assignee_id = ?`, tasks, from).Error
	if err != nil {
		return fmt.Errorf("keep the copies of %d unassigned tasks: %w", len(tasks), err)
	}
	return nil
}

// ForgetProject implements ports.Tasks. It first locks the copy exclusively. Everybody who comments in the project
// holds the copy, so no comment can be added after that.
func (s *Tasks) ForgetProject(ctx context.Context, id ids.ID) error {
	if err := s.forgetProjects(ctx, `project_id = ?`, id); err != nil {
		return fmt.Errorf("forget project %s: %w", id, err)
	}
	return nil
}

// ForgetProjectsOf implements ports.Tasks. It locks as ForgetProject does, in the order of the projects' ids.
func (s *Tasks) ForgetProjectsOf(ctx context.Context, organizationID ids.ID) error {
	if err := s.forgetProjects(ctx, `organization_id = ?`, organizationID); err != nil {
		return fmt.Errorf("forget the projects of organisation %s: %w", organizationID, err)
	}
	return nil
}

func (s *Tasks) forgetProjects(ctx context.Context, where string, id ids.ID) error {
	projects := `SELECT project_id FROM comment_projects WHERE ` + where
	return s.run(ctx, id, s.lockAway(projects+` ORDER BY project_id`),
		`DELETE FROM comments WHERE task_id IN
			(SELECT task_id FROM comment_tasks WHERE project_id IN (`+projects+`))`,
		`DELETE FROM comment_tasks WHERE project_id IN (`+projects+`)`,
		`DELETE FROM comment_projects WHERE `+where)
}

// ForgetTask implements ports.Tasks. It locks as ForgetProject does.
func (s *Tasks) ForgetTask(ctx context.Context, id ids.ID) error {
	err := s.run(ctx, id, s.lockAway(`SELECT task_id FROM comment_tasks WHERE task_id = ?`),
		`DELETE FROM comments WHERE task_id = ?`,
		`DELETE FROM comment_tasks WHERE task_id = ?`)
	if err != nil {
		return fmt.Errorf("forget task %s: %w", id, err)
	}
	return nil
}

// lockAway returns the statement that locks the copies that a query selects before they are deleted. It is empty on
// SQLite, where a unit of work is the only writer.
func (s *Tasks) lockAway(query string) string {
	lock := s.db.Dialect().Lock("FOR UPDATE")
	if lock == "" {
		return ""
	}
	return `SELECT count(*) FROM (` + query + ` ` + lock + `) AS locked`
}

// run executes the statements, each bound to the id.
func (s *Tasks) run(ctx context.Context, id ids.ID, statements ...string) error {
	for _, statement := range statements {
		if statement == "" {
			continue
		}
		if err := s.db.Conn(ctx).Exec(statement, id).Error; err != nil {
			return err
		}
	}
	return nil
}
