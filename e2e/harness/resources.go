package harness

import "time"

// The resources of the API as a client that knows only the documentation would declare them.
type (
	// User is an account.
	User struct {
		ID            string    `json:"id"`
		Email         string    `json:"email"`
		DisplayName   string    `json:"display_name"`
		Role          string    `json:"role"`
		IsActive      bool      `json:"is_active"`
		EmailVerified bool      `json:"email_verified"`
		CreatedAt     time.Time `json:"created_at"`
		UpdatedAt     time.Time `json:"updated_at"`
	}

	// Tokens is what a login and a refresh answer.
	Tokens struct {
		AccessToken      string `json:"access_token"`
		RefreshToken     string `json:"refresh_token"`
		TokenType        string `json:"token_type"`
		ExpiresIn        int    `json:"expires_in"`
		RefreshExpiresIn int    `json:"refresh_expires_in"`
	}

	// Session is a login of one's own that is alive.
	Session struct {
		ID         string    `json:"id"`
		UserAgent  string    `json:"user_agent"`
		IP         string    `json:"ip"`
		CreatedAt  time.Time `json:"created_at"`
		LastUsedAt time.Time `json:"last_used_at"`
		ExpiresAt  time.Time `json:"expires_at"`
		Current    bool      `json:"current"`
	}

	// Organization is people who share work.
	Organization struct {
		ID        string    `json:"id"`
		Name      string    `json:"name"`
		Slug      string    `json:"slug"`
		Role      string    `json:"role"`
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}

	// Member is somebody who belongs to an organisation.
	Member struct {
		UserID      string    `json:"user_id"`
		Email       string    `json:"email"`
		DisplayName string    `json:"display_name"`
		Role        string    `json:"role"`
		CreatedAt   time.Time `json:"created_at"`
	}

	// AuditEntry is an entry of the audit log.
	AuditEntry struct {
		ID         string            `json:"id"`
		At         time.Time         `json:"at"`
		ActorID    *string           `json:"actor_id"`
		Action     string            `json:"action"`
		TargetType string            `json:"target_type"`
		TargetID   *string           `json:"target_id"`
		IP         string            `json:"ip"`
		RequestID  string            `json:"request_id"`
		Details    map[string]string `json:"details"`
	}

	// Project is a place for tasks.
	Project struct {
		ID             string     `json:"id"`
		Name           string     `json:"name"`
		Description    string     `json:"description"`
		Status         string     `json:"status"`
		OwnerID        string     `json:"owner_id"`
		OrganizationID *string    `json:"organization_id"`
		Inbox          bool       `json:"inbox"`
		TaskCounts     TaskCounts `json:"task_counts"`
		CreatedAt      time.Time  `json:"created_at"`
		UpdatedAt      time.Time  `json:"updated_at"`
	}

	// TaskCounts says how many tasks of a project have which status.
	TaskCounts struct {
		Todo       int `json:"todo"`
		InProgress int `json:"in_progress"`
		Done       int `json:"done"`
	}

	// Task is something to do.
	Task struct {
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
	}

	// Comment is what somebody said about a task.
	Comment struct {
		ID        string    `json:"id"`
		TaskID    string    `json:"task_id"`
		AuthorID  string    `json:"author_id"`
		Body      string    `json:"body"`
		CreatedAt time.Time `json:"created_at"`
		UpdatedAt time.Time `json:"updated_at"`
	}

	// Notification is one entry of a user's feed.
	Notification struct {
		ID        string         `json:"id"`
		Seq       int64          `json:"seq"`
		Type      string         `json:"type"`
		Data      map[string]any `json:"data"`
		CreatedAt time.Time      `json:"created_at"`
		ReadAt    *time.Time     `json:"read_at"`
	}

	// List is one page.
	List[T any] struct {
		Items      []T     `json:"items"`
		NextCursor *string `json:"next_cursor"`
		HasMore    bool    `json:"has_more"`
	}
)
