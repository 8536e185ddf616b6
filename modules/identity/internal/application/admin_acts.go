package application

import (
	"context"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// AdminActKinds are the events of which [Service.RecordAdminActs] is to be told: those that say whether nothing but
// being a system admin allowed what happened.
func AdminActKinds() []eventbus.Kind {
	return []eventbus.Kind{
		eventbus.Of[events.OrganizationChanged](), eventbus.Of[events.OrganizationDeleted](),
		eventbus.Of[events.MemberAdded](), eventbus.Of[events.MemberChanged](), eventbus.Of[events.MemberRemoved](),
		eventbus.Of[events.ProjectCreated](), eventbus.Of[events.ProjectChanged](), eventbus.Of[events.ProjectDeleted](),
		eventbus.Of[events.TaskCreated](), eventbus.Of[events.TaskChanged](), eventbus.Of[events.TaskDeleted](),
		eventbus.Of[events.CommentAdded](), eventbus.Of[events.CommentDeleted](),
	}
}

// RecordAdminActs writes to the audit log what a system admin did to what is not theirs, in the unit of work that does
// it. It does nothing for what people do by their own right.
func (s *Service) RecordAdminActs(ctx context.Context, published []eventbus.Event) error {
	var entries []domain.AuditEntry
	for _, e := range published {
		if a := adminActOf(e); a.asAdmin {
			entries = append(entries, s.entry(ctx, a.action, a.by, a.targetType, a.target, a.details))
		}
	}
	return s.audit.Append(ctx, entries...)
}

// adminAct is what an event says about an act that may be one of an admin's.
type adminAct struct {
	asAdmin    bool
	action     string
	by         ids.ID
	targetType string
	target     ids.ID
	details    map[string]string
}

func adminActOf(e eventbus.Event) adminAct {
	switch e := e.(type) {
	case events.OrganizationChanged:
		return adminAct{e.AsAdmin, domain.AuditAdminOrganizationChanged, e.ByID, domain.TargetOrganization, e.OrganizationID, nil}
	case events.OrganizationDeleted:
		return adminAct{e.AsAdmin, domain.AuditAdminOrganizationDeleted, e.ByID, domain.TargetOrganization, e.OrganizationID, nil}
	case events.MemberAdded:
		return onMember(e.AsAdmin, domain.AuditAdminMemberAdded, e.ByID, e.Membership)
	case events.MemberChanged:
		return onMember(e.AsAdmin, domain.AuditAdminMemberChanged, e.ByID, e.Membership)
	case events.MemberRemoved:
		return onMember(e.AsAdmin, domain.AuditAdminMemberRemoved, e.ByID, e.Membership)
	case events.ProjectCreated:
		return adminAct{e.AsAdmin, domain.AuditAdminProjectCreated, e.ByID, domain.TargetProject, e.ProjectID, nil}
	case events.ProjectChanged:
		return adminAct{e.AsAdmin, domain.AuditAdminProjectChanged, e.ByID, domain.TargetProject, e.ProjectID, nil}
	case events.ProjectDeleted:
		return adminAct{e.AsAdmin, domain.AuditAdminProjectDeleted, e.ByID, domain.TargetProject, e.ProjectID, nil}
	case events.TaskCreated:
		return onTask(e.AsAdmin, domain.AuditAdminTaskCreated, e.By, e.Task)
	case events.TaskChanged:
		return onTask(e.AsAdmin, domain.AuditAdminTaskChanged, e.By, e.Task)
	case events.TaskDeleted:
		return onTask(e.AsAdmin, domain.AuditAdminTaskDeleted, e.By, e.Task)
	case events.CommentAdded:
		return adminAct{e.AsAdmin, domain.AuditAdminCommentAdded, e.Author.ID, domain.TargetComment, e.CommentID, inTask(e.TaskID)}
	case events.CommentDeleted:
		return adminAct{e.AsAdmin, domain.AuditAdminCommentDeleted, e.ByID, domain.TargetComment, e.CommentID, inTask(e.TaskID)}
	}
	return adminAct{}
}

func onMember(asAdmin bool, action string, by ids.ID, m events.Membership) adminAct {
	details := map[string]string{"user_id": m.UserID.String(), "role": m.Role}
	return adminAct{asAdmin, action, by, domain.TargetOrganization, m.OrganizationID, details}
}

func onTask(asAdmin bool, action string, by events.Person, t events.Task) adminAct {
	details := map[string]string{"project_id": t.ProjectID.String()}
	return adminAct{asAdmin, action, by.ID, domain.TargetTask, t.TaskID, details}
}

func inTask(id ids.ID) map[string]string { return map[string]string{"task_id": id.String()} }
