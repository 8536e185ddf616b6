package application

import (
	"context"
	"time"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// act is who did something and when, and whether nothing but being a system admin allowed it.
type act struct {
	by      events.Person
	asAdmin bool
	at      time.Time
}

func (s *Service) publishCreated(ctx context.Context, t *domain.Task, a act) error {
	task := published(t)
	facts := []eventbus.Event{events.TaskCreated{Task: task, By: a.by, AsAdmin: a.asAdmin, At: a.at}}
	if task.AssigneeID != nil {
		facts = append(facts, events.TaskAssigned{Task: task, By: a.by, At: a.at})
	}
	return s.publish(ctx, facts)
}

// publishChanged publishes TaskChanged, followed by the more specific events for a new assignee or status.
func (s *Service) publishChanged(
	ctx context.Context, t *domain.Task, before domain.State, a act, creatorSees bool,
) error {
	now, task := t.State(), published(t)
	facts := []eventbus.Event{events.TaskChanged{Task: task, By: a.by, AsAdmin: a.asAdmin, At: a.at}}
	if former := before.AssigneeID; former != nil && !now.AssignedTo(*former) {
		facts = append(facts, events.TaskUnassigned{Task: task, FormerAssigneeID: *former, By: a.by, At: a.at})
	}
	if assignee := now.AssigneeID; assignee != nil && !before.AssignedTo(*assignee) {
		facts = append(facts, events.TaskAssigned{Task: task, By: a.by, At: a.at})
	}
	if now.Status != before.Status {
		facts = append(facts, events.TaskStatusChanged{
			Task: task, OldStatus: string(before.Status), CreatorSees: creatorSees, By: a.by, At: a.at,
		})
	}
	return s.publish(ctx, facts)
}

func (s *Service) publish(ctx context.Context, facts []eventbus.Event) error {
	for _, fact := range facts {
		if err := s.bus.Publish(ctx, fact); err != nil {
			return err
		}
	}
	return nil
}

func published(t *domain.Task) events.Task {
	s, p := t.State(), t.Project()
	return events.Task{
		TaskID: s.ID, Title: s.Title, Status: string(s.Status), Priority: s.Priority.String(),
		AssigneeID: s.AssigneeID, CreatedBy: s.CreatedBy, Version: s.Version,
		ProjectID: p.ID, ProjectName: p.Name, ProjectOwnerID: p.OwnerID, OrganizationID: p.OrganizationID,
	}
}
