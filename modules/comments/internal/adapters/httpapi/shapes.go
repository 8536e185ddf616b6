package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/comments/internal/domain"
	"fasttrack/shared/ids"
)

// comment is a comment as the API shows it.
type comment struct {
	ID        ids.ID               `json:"id" format:"uuid" example:"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`
	TaskID    ids.ID               `json:"task_id" format:"uuid" example:"0198c7a0-51f3-7d02-8c3b-6a2b9e4f1c10"`
	AuthorID  ids.ID               `json:"author_id" format:"uuid" example:"0198c79e-0d77-7b45-b1a9-3f5e8d2c6b01"`
	Body      string               `json:"body" example:"The roses go to the left of the gate."`
	CreatedAt httpserver.Timestamp `json:"created_at"`
	UpdatedAt httpserver.Timestamp `json:"updated_at"`
}

func shown(s domain.State) comment {
	return comment{
		ID: s.ID, TaskID: s.TaskID, AuthorID: s.AuthorID, Body: s.Body,
		CreatedAt: httpserver.Timestamp(s.CreatedAt), UpdatedAt: httpserver.Timestamp(s.UpdatedAt),
	}
}
