package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/ids"
)

// project is a project as the API shows it.
type project struct {
	ID             ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	Name           string               `json:"name" example:"Website relaunch"`
	Description    string               `json:"description" example:"Everything until the first of May."`
	Status         string               `json:"status" enum:"active,archived" example:"active"`
	OwnerID        ids.ID               `json:"owner_id" format:"uuid" doc:"Who made it; manages it, if it is personal."`
	OrganizationID *ids.ID              `json:"organization_id" format:"uuid" nullable:"true" doc:"null: a personal project."`
	Inbox          bool                 `json:"inbox" doc:"Whether it is its owner's place for personal tasks."`
	TaskCounts     taskCounts           `json:"task_counts" doc:"How many tasks have which status."`
	CreatedAt      httpserver.Timestamp `json:"created_at"`
	UpdatedAt      httpserver.Timestamp `json:"updated_at"`
}

type taskCounts struct {
	Todo       int64 `json:"todo" example:"4"`
	InProgress int64 `json:"in_progress" example:"2"`
	Done       int64 `json:"done" example:"11"`
}

func shown(s domain.State) project {
	return project{
		ID: s.ID, Name: s.Name, Description: s.Description, Status: string(s.Status),
		OwnerID: s.OwnerID, OrganizationID: s.OrganizationID, Inbox: s.Inbox,
		TaskCounts: taskCounts{s.TaskCounts.Todo, s.TaskCounts.InProgress, s.TaskCounts.Done},
		CreatedAt:  httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}
