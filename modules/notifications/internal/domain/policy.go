package domain

import (
	"slices"
	"time"

	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Notice is what one user is to be told.
type Notice struct {
	To   ids.ID
	Type Type
	Data any // of the shape that goes with the type
	At   time.Time
}

// rule says who is told what about one kind of event.
type rule struct {
	event   string
	kind    eventbus.Kind
	notices func(eventbus.Event) []Notice
}

func on[E eventbus.Event](notices func(E) []Notice) rule {
	var none E
	return rule{none.EventName(), eventbus.Of[E](), func(event eventbus.Event) []Notice { return notices(event.(E)) }}
}

// rules holds every kind of event that users may be told of.
var rules = []rule{
	on(taskAssigned), on(taskUnassigned), on(taskStatusChanged), on(commentAdded), on(sessionEnded),
}

// Kinds lists the kinds of events that [Notices] has something to say about.
func Kinds() []eventbus.Kind {
	kinds := make([]eventbus.Kind, len(rules))
	for i, r := range rules {
		kinds[i] = r.kind
	}
	return kinds
}

// Notices says who is told what about an event. Nobody is told of what they did themselves, and nobody twice of one
// event, even if it concerns them in two ways. There are no notices of an event that nobody is told of.
func Notices(event eventbus.Event) []Notice {
	for _, r := range rules {
		if r.event == event.EventName() {
			return r.notices(event)
		}
	}
	return nil
}

func taskAssigned(e events.TaskAssigned) []Notice {
	return tell(audience(e.AssigneeID).without(e.By.ID), TaskAssigned, taskData(e.Task, e.By), e.At)
}

func taskUnassigned(e events.TaskUnassigned) []Notice {
	return tell(audience(&e.FormerAssigneeID).without(e.By.ID), TaskUnassigned, taskData(e.Task, e.By), e.At)
}

func taskStatusChanged(e events.TaskStatusChanged) []Notice {
	to := followers(e.OrganizationID, e.ProjectOwnerID, e.CreatedBy, e.CreatorSees, e.AssigneeID).without(e.By.ID)
	return tell(to, StatusChanged, StatusData{
		TaskID: e.TaskID, Title: e.Title, ProjectID: e.ProjectID, Project: e.ProjectName,
		Old: e.OldStatus, New: e.Status, By: e.By.Name, ByID: e.By.ID,
	}, e.At)
}

func commentAdded(e events.CommentAdded) []Notice {
	to := followers(e.OrganizationID, e.ProjectOwnerID, e.TaskCreatedBy, e.CreatorSees, e.AssigneeID).without(e.Author.ID)
	return tell(to, CommentAdded, CommentData{
		TaskID: e.TaskID, Title: e.TaskTitle, CommentID: e.CommentID, Author: e.Author.Name, AuthorID: e.Author.ID,
	}, e.At)
}

func sessionEnded(e events.SessionEnded) []Notice {
	switch e.Reason {
	case events.SessionReplay, events.SessionAdmin, events.SessionPassword:
		return tell(audience(&e.UserID), SessionRevoked, SessionData{SessionID: e.SessionID, Reason: e.Reason}, e.At)
	}
	return nil
}

// followers are those whom a task concerns: the owner of its personal project, or, in an organisation's project, who
// created the task; and its assignee. Who created it may have left the organisation, and is then told nothing. The
// others see the task for as long as they are what they are.
func followers(
	organizationID *ids.ID, projectOwnerID, createdBy ids.ID, creatorSees bool, assigneeID *ids.ID,
) recipients {
	switch {
	case organizationID == nil:
		return audience(&projectOwnerID, assigneeID)
	case creatorSees:
		return audience(&createdBy, assigneeID)
	}
	return audience(assigneeID)
}

func taskData(t events.Task, by events.Person) TaskData {
	return TaskData{
		TaskID: t.TaskID, Title: t.Title, ProjectID: t.ProjectID, Project: t.ProjectName, By: by.Name, ByID: by.ID,
	}
}

// recipients are users, each once.
type recipients []ids.ID

// audience collects users; nil and the zero id are nobody.
func audience(users ...*ids.ID) recipients {
	var r recipients
	for _, u := range users {
		if u != nil && !u.IsZero() && !slices.Contains(r, *u) {
			r = append(r, *u)
		}
	}
	return r
}

func (r recipients) without(actor ids.ID) recipients {
	return slices.DeleteFunc(r, func(u ids.ID) bool { return u == actor })
}

func tell(to recipients, what Type, data any, at time.Time) []Notice {
	notices := make([]Notice, len(to))
	for i, user := range to {
		notices[i] = Notice{To: user, Type: what, Data: data, At: at}
	}
	return notices
}
