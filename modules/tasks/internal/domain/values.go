package domain

import (
	"time"

	"fasttrack/shared/clock"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
	"fasttrack/shared/text"
)

// Status is the progress of a task.
type Status string

// The statuses.
const (
	Todo       Status = "todo"
	InProgress Status = "in_progress"
	Done       Status = "done"
)

// ParseStatus reads a status as the API spells it.
func ParseStatus(s string) (Status, bool) {
	status := Status(s)
	return status, status == Todo || status == InProgress || status == Done
}

// Priority is the importance of a task. A greater number is more important.
type Priority int

// The priorities. The store keeps their numbers.
const (
	Low    Priority = 1
	Medium Priority = 2
	High   Priority = 3
)

var priorities = map[Priority]string{Low: "low", Medium: "medium", High: "high"}

// String returns the priority as the API spells it.
func (p Priority) String() string { return priorities[p] }

// ParsePriority reads a priority as the API spells it.
func ParsePriority(s string) (Priority, bool) {
	for p, name := range priorities {
		if name == s {
			return p, true
		}
	}
	return 0, false
}

var (
	titleRule       = text.Rule{Name: "title", Min: 1, Max: 500}
	descriptionRule = text.Rule{Name: "description", Max: 10_000}
)

// Fields is the unvalidated content of a request about a task. A field that is nil or not set was absent.
type Fields struct {
	Title       *string
	Description *string
	Status      *string
	Priority    *string
	AssigneeID  patch.Nullable[ids.ID]
	DueAt       patch.Nullable[time.Time]
}

// Draft is the validated content of a new task.
type Draft struct {
	title, description string
	status             Status
	priority           Priority
	assigneeID         *ids.ID
	dueAt              *time.Time
}

// AssigneeID returns the requested assignee, or nil. A draft does not know whether that user is active.
func (d Draft) AssigneeID() *ids.ID { return d.assigneeID }

// NewDraft validates all fields and fills in defaults for absent ones. The error reports every invalid field.
func NewDraft(f Fields) (Draft, error) {
	if f.Title == nil {
		f.Title = new(string)
	}
	c, bad := f.check()
	d := Draft{title: *c.title, status: Todo, priority: Medium, assigneeID: c.assigneeID.Value, dueAt: c.dueAt.Value}
	if c.description != nil {
		d.description = *c.description
	}
	if c.status != nil {
		d.status = *c.status
	}
	if c.priority != nil {
		d.priority = *c.priority
	}
	return d, errs.InvalidFields(bad...)
}

// Change is a validated partial update. A field that is nil or not set stays as it is.
type Change struct {
	title, description *string
	status             *Status
	priority           *Priority
	assigneeID         patch.Nullable[ids.ID]
	dueAt              patch.Nullable[time.Time]
}

// AssigneeID returns the requested assignee, or nil. A change does not know whether that user is active.
func (c Change) AssigneeID() *ids.ID { return c.assigneeID.Value }

// NewChange validates all fields. The error reports every invalid one.
func NewChange(f Fields) (Change, error) {
	c, bad := f.check()
	return c, errs.InvalidFields(bad...)
}

func (f Fields) check() (c Change, bad []errs.Field) {
	checkText := func(rule text.Rule, said *string) *string {
		if said == nil {
			return nil
		}
		clean, complaints := rule.Check(*said)
		bad = append(bad, complaints...)
		return &clean
	}
	c.title = checkText(titleRule, f.Title)
	c.description = checkText(descriptionRule, f.Description)
	if f.Status != nil {
		status, ok := ParseStatus(*f.Status)
		if !ok {
			bad = append(bad, errs.Body("status", "must be todo, in_progress or done"))
		}
		c.status = &status
	}
	if f.Priority != nil {
		priority, ok := ParsePriority(*f.Priority)
		if !ok {
			bad = append(bad, errs.Body("priority", "must be low, medium or high"))
		}
		c.priority = &priority
	}
	c.assigneeID, c.dueAt = f.AssigneeID, f.DueAt
	if f.DueAt.Value != nil {
		c.dueAt = patch.To(clock.Normal(*f.DueAt.Value))
	}
	return c, bad
}
