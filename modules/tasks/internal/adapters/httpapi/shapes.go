package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/ids"
)

// task is a task as the API shows it.
type task struct {
	ID          ids.ID                `json:"id"`
	ProjectID   ids.ID                `json:"project_id"`
	Title       string                `json:"title" example:"Write the minutes"`
	Description string                `json:"description" example:"By Friday, please."`
	Status      string                `json:"status" enum:"todo,in_progress,done" example:"todo"`
	Priority    string                `json:"priority" enum:"low,medium,high" example:"medium"`
	AssigneeID  *ids.ID               `json:"assignee_id" doc:"Who is to do it; null: nobody in particular."`
	DueAt       *httpserver.Timestamp `json:"due_at" doc:"When it is to be done; null: whenever."`
	CompletedAt *httpserver.Timestamp `json:"completed_at" doc:"When it became done; null while it is not."`
	CreatedBy   ids.ID                `json:"created_by"`
	CreatedAt   httpserver.Timestamp  `json:"created_at"`
	UpdatedAt   httpserver.Timestamp  `json:"updated_at"`
}

func shown(s domain.State) task {
	return task{
		ID: s.ID, ProjectID: s.ProjectID, Title: s.Title, Description: s.Description,
		Status: string(s.Status), Priority: s.Priority.String(), AssigneeID: s.AssigneeID,
		DueAt: httpserver.TimestampOf(s.DueAt), CompletedAt: httpserver.TimestampOf(s.CompletedAt),
		CreatedBy: s.CreatedBy, CreatedAt: httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}
