package events

import (
	"time"

	"fasttrack/shared/ids"
)

// Project is a project as other modules may keep it.
type Project struct {
	ProjectID      ids.ID  `json:"project_id"`
	Name           string  `json:"name"`
	OwnerID        ids.ID  `json:"owner_id"`        // who made it; in an organisation's project that gives no rights
	OrganizationID *ids.ID `json:"organization_id"` // nil: a personal project
	Inbox          bool    `json:"inbox"`           // the owner's place for personal tasks
	Archived       bool    `json:"archived"`        // read-only, with all that belongs to it
	Version        int64   `json:"version"`
}

// ProjectCreated says that there is a new project.
type ProjectCreated struct {
	Project
	ByID    ids.ID    `json:"by_id"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (ProjectCreated) EventName() string { return "projects.project_created" }

// ProjectChanged says that anything in [Project] is different now.
type ProjectChanged struct {
	Project
	ByID    ids.ID    `json:"by_id"`
	AsAdmin bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At      time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (ProjectChanged) EventName() string { return "projects.project_changed" }

// ProjectDeleted says that a project is gone, and so is all that belongs to it: there is no event per task or
// comment, each module forgets its own.
type ProjectDeleted struct {
	ProjectID      ids.ID    `json:"project_id"`
	OwnerID        ids.ID    `json:"owner_id"` // as in [Project]
	OrganizationID *ids.ID   `json:"organization_id"`
	ByID           ids.ID    `json:"by_id"`
	AsAdmin        bool      `json:"as_admin"` // nothing but being a system admin allowed it
	At             time.Time `json:"at"`
}

// EventName implements eventbus.Event.
func (ProjectDeleted) EventName() string { return "projects.project_deleted" }
