package domain

import (
	"slices"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/text"
)

// Status says whether work goes on in a project.
type Status string

// The statuses. An archived project is read-only, with its tasks and comments.
const (
	Active   Status = "active"
	Archived Status = "archived"
)

// ParseStatus reads a status as the API spells it.
func ParseStatus(s string) (Status, bool) {
	status := Status(s)
	return status, status == Active || status == Archived
}

var (
	nameRule        = text.Rule{Name: "name", Min: 1, Max: 200}
	descriptionRule = text.Rule{Name: "description", Max: 10_000}
)

// Draft is the validated content of a new project.
type Draft struct {
	name, description string
	organizationID    *ids.ID
}

// OrganizationID returns the organisation that the project is for, or nil for a personal project. A draft does not know
// whether there is such an organisation.
func (d Draft) OrganizationID() *ids.ID { return d.organizationID }

// NewDraft validates all fields; organizationID is nil for a personal project. The error reports every invalid field.
func NewDraft(name, description string, organizationID *ids.ID) (Draft, error) {
	name, badName := nameRule.Check(name)
	description, badDescription := descriptionRule.Check(description)
	return Draft{name, description, organizationID}, errs.InvalidFields(slices.Concat(badName, badDescription)...)
}

// Change is a validated partial update. A field that is nil stays as it is.
type Change struct {
	name, description *string
	status            *Status
}

// NewChange validates all fields. The error reports every invalid one.
func NewChange(name, description, status *string) (Change, error) {
	var c Change
	var bad []errs.Field
	if name != nil {
		clean, complaints := nameRule.Check(*name)
		c.name, bad = &clean, append(bad, complaints...)
	}
	if description != nil {
		clean, complaints := descriptionRule.Check(*description)
		c.description, bad = &clean, append(bad, complaints...)
	}
	if status != nil {
		parsed, ok := ParseStatus(*status)
		if !ok {
			bad = append(bad, errs.Body("status", "must be active or archived"))
		}
		c.status = &parsed
	}
	return c, errs.InvalidFields(bad...)
}
