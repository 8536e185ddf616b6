package httpapi

import (
	"context"

	"fasttrack/adapters/httpserver"
	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/modules/tasks/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// ListParams is what both lists of tasks take. It is exported because huma does not look into what is embedded
// otherwise.
type ListParams struct {
	httpserver.ListInput
	Sort       string               `query:"sort" default:"-created_at" enum:"created_at,-created_at,updated_at,-updated_at,due_at,-due_at,priority,-priority" doc:"The order; - for descending. Tasks without due_at come last both ways; high is more than low."` //nolint:lll // a tag
	Status     string               `query:"status" enum:"todo,in_progress,done" doc:"Only tasks with this status."`
	Priority   string               `query:"priority" enum:"low,medium,high" doc:"Only tasks of this priority."`
	AssigneeID string               `query:"assignee_id" pattern:"^(me|none|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$" patternDescription:"a user's id, me or none" doc:"Only tasks of this assignee: an id, me, or none."` //nolint:lll // a tag
	DueBefore  httpserver.Timestamp `query:"due_before" doc:"Only tasks that are due before this time."`
	Text       string               `query:"q" maxLength:"200" doc:"Only tasks with this in title or description, in any case and however accents are spelled."` //nolint:lll // a tag
	DueAfter   httpserver.Timestamp `query:"due_after" doc:"Only tasks that are due at this time or after it."`
}

type listInProjectInput struct {
	ID ids.ID `path:"id" format:"uuid" doc:"The project's id."`
	ListParams
}

type listOwnInput struct {
	ListParams
	ProjectID httpserver.Optional[ids.ID] `query:"project_id" doc:"Only tasks of this project."`
	Completed httpserver.Optional[bool]   `query:"completed" doc:"Only tasks that are done, or only those that are not."`
}

// filter returns what is chosen. Enums have been checked already.
func (in ListParams) filter(caller auth.Principal) (ports.Filter, error) {
	f := ports.Filter{DueBefore: in.DueBefore.Optional(), DueAfter: in.DueAfter.Optional(), Text: in.Text}
	if in.Status != "" {
		f.Status = new(domain.Status(in.Status))
	}
	if priority, ok := domain.ParsePriority(in.Priority); ok {
		f.Priority = &priority
	}
	switch in.AssigneeID {
	case "":
	case "none":
		f.Assignee.Nobody = true
	case "me":
		f.Assignee.ID = &caller.UserID
	default:
		id, err := ids.Parse(in.AssigneeID)
		if err != nil {
			return f, errs.InvalidFields(errs.Field{Location: "query.assignee_id", Message: "must be a user's id, me or none"})
		}
		f.Assignee.ID = &id
	}
	return f, nil
}

func (h handlers) listInProject(ctx context.Context, in *listInProjectInput) (*httpserver.List[task], error) {
	caller := auth.Must(ctx)
	filter, err := in.filter(caller)
	if err != nil {
		return nil, err
	}
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	tasks, err := h.service.ListInProject(ctx, caller, in.ID, filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, tasks, shown), nil
}

func (h handlers) listOwn(ctx context.Context, in *listOwnInput) (*httpserver.List[task], error) {
	caller := auth.Must(ctx)
	filter, err := in.filter(caller)
	if err != nil {
		return nil, err
	}
	filter.ProjectID, filter.Completed = in.ProjectID.Pointer(), in.Completed.Pointer()
	request, err := in.Request(ctx, h.cursors, in.Sort)
	if err != nil {
		return nil, err
	}
	tasks, err := h.service.ListOwn(ctx, caller, filter, request)
	if err != nil {
		return nil, err
	}
	return httpserver.NewList(ctx, h.cursors, request, tasks, shown), nil
}
