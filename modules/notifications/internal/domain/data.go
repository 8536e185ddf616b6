package domain

import "fasttrack/shared/ids"

// The data of a notification, by its type. Their JSON is kept and shown as it is: it is part of the API.
type (
	// TaskData goes with TaskAssigned and TaskUnassigned.
	TaskData struct {
		TaskID    ids.ID `json:"task_id"`
		Title     string `json:"title"`
		ProjectID ids.ID `json:"project_id"`
		Project   string `json:"project"`
		By        string `json:"by"`
		ByID      ids.ID `json:"by_id"`
	}

	// StatusData goes with StatusChanged.
	StatusData struct {
		TaskID    ids.ID `json:"task_id"`
		Title     string `json:"title"`
		ProjectID ids.ID `json:"project_id"`
		Project   string `json:"project"`
		Old       string `json:"old"`
		New       string `json:"new"`
		By        string `json:"by"`
		ByID      ids.ID `json:"by_id"`
	}

	// CommentData goes with CommentAdded.
	CommentData struct {
		TaskID    ids.ID `json:"task_id"`
		Title     string `json:"title"`
		CommentID ids.ID `json:"comment_id"`
		Author    string `json:"author"`
		AuthorID  ids.ID `json:"author_id"`
	}

	// SessionData goes with SessionRevoked.
	SessionData struct {
		SessionID ids.ID `json:"session_id"`
		Reason    string `json:"reason"` // replay, admin, password
	}
)
