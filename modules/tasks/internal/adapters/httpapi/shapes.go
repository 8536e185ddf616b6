package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
)

// Task is a task as the API shows it.
type Task struct {
	ID          ids.ID                `json:"id"`
	ProjectID   ids.ID                `json:"project_id"`
	Title       string                `json:"title" example:"Write the minutes"`
	Description string                `json:"description" example:"By Friday, please."`
	Status      string                `json:"status" enum:"todo,in_progress,done"`
	Priority    string                `json:"priority" enum:"low,medium,high" example:"medium"`
	AssigneeID  *ids.ID               `json:"assignee_id" doc:"Who is to do it; null: nobody in particular."`
	DueAt       *httpserver.Timestamp `json:"due_at" doc:"When it is to be done; null: whenever."`
	CompletedAt *httpserver.Timestamp `json:"completed_at" doc:"When it became done; null while it is not."`
	CreatedBy   ids.ID                `json:"created_by"`
	CreatedAt   httpserver.Timestamp  `json:"created_at"`
	UpdatedAt   httpserver.Timestamp  `json:"updated_at"`
}

// NewTask is the body of a POST.
type NewTask struct {
	Title       string                               `json:"title" doc:"1 to 500 characters." example:"Write the minutes"`
	Description *string                              `json:"description,omitempty" doc:"Up to 10,000 characters; empty by default." example:"By Friday, please."` //nolint:lll // a tag
	Status      *string                              `json:"status,omitempty" enum:"todo,in_progress,done" doc:"todo by default." example:"todo"`
	Priority    *string                              `json:"priority,omitempty" enum:"low,medium,high" doc:"medium by default." example:"medium"`
	AssigneeID  patch.Nullable[ids.ID]               `json:"assignee_id,omitzero" doc:"An active user."`
	DueAt       patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero"`
}

func (b NewTask) fields() domain.Fields {
	return domain.Fields{
		Title: &b.Title, Description: b.Description, Status: b.Status, Priority: b.Priority,
		AssigneeID: b.AssigneeID, DueAt: httpserver.PatchTime(b.DueAt),
	}
}

// TaskChange is the body of a PATCH.
type TaskChange struct {
	Title       *string                              `json:"title,omitempty" doc:"1 to 500 characters." example:"Write the minutes"`
	Description *string                              `json:"description,omitempty" doc:"Up to 10,000 characters." example:"By Friday, please."`
	Status      *string                              `json:"status,omitempty" enum:"todo,in_progress,done" example:"in_progress"`
	Priority    *string                              `json:"priority,omitempty" enum:"low,medium,high" example:"high"`
	AssigneeID  patch.Nullable[ids.ID]               `json:"assignee_id,omitzero" doc:"An active user; null: nobody."`
	DueAt       patch.Nullable[httpserver.Timestamp] `json:"due_at,omitzero" doc:"null: whenever."`
}

func (b TaskChange) fields() domain.Fields {
	return domain.Fields{
		Title: b.Title, Description: b.Description, Status: b.Status, Priority: b.Priority,
		AssigneeID: b.AssigneeID, DueAt: httpserver.PatchTime(b.DueAt),
	}
}

// TaskCompletion is the body that says whether a task is done.
type TaskCompletion struct {
	Completed bool `json:"completed" doc:"Whether the task is done." example:"true"`
}

type oneTask struct {
	ID ids.ID `path:"id" doc:"The task."`
}

type newTaskInProject struct {
	ID   ids.ID `path:"id" doc:"The project."`
	Body NewTask
}

type newPersonalTask struct{ Body NewTask }

type changeOfTask struct {
	oneTask
	httpserver.IfMatch
	Body TaskChange
}

type completionOfTask struct {
	oneTask
	httpserver.IfMatch
	Body *TaskCompletion
}

// done returns what the body says, or nil without one.
func (in completionOfTask) done() *bool {
	if in.Body == nil {
		return nil
	}
	return &in.Body.Completed
}

type deletionOfTask struct {
	oneTask
	httpserver.IfMatch
}

type answer = httpserver.Resource[Task]

func found(t *domain.Task) *answer {
	return httpserver.OK(t.State().Version, shown(t.State()))
}

func created(t *domain.Task) *answer {
	s := t.State()
	return httpserver.Created("/api/v1/tasks/"+s.ID.String(), s.Version, shown(s))
}

func shown(s domain.State) Task {
	return Task{
		ID: s.ID, ProjectID: s.ProjectID, Title: s.Title, Description: s.Description,
		Status: string(s.Status), Priority: s.Priority.String(), AssigneeID: s.AssigneeID,
		DueAt: httpserver.TimestampOf(s.DueAt), CompletedAt: httpserver.TimestampOf(s.CompletedAt),
		CreatedBy: s.CreatedBy, CreatedAt: httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}
