package domain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

var (
	owner    = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000001")
	creator  = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000002")
	assignee = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000003")
	former   = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000004")
	other    = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000005")
	acme     = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000006")
	task     = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000007")
	project  = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000008")
	comment  = ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000009")
	session  = ids.MustParse("0198c7a2-3b1e-7c11-9a44-00000000000a")
	at       = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
)

func personal(assignee *ids.ID) events.Task {
	return events.Task{
		TaskID: task, Title: "Dig", Status: "done", AssigneeID: assignee, CreatedBy: creator,
		ProjectID: project, ProjectName: "Garden", ProjectOwnerID: owner,
	}
}

func organizations(assignee *ids.ID) events.Task {
	t := personal(assignee)
	t.OrganizationID = &acme
	return t
}

func commented(t events.Task, by ids.ID) events.CommentAdded {
	return events.CommentAdded{
		CommentID: comment, Author: person(by), At: at, TaskID: t.TaskID, TaskTitle: t.Title, TaskCreatedBy: t.CreatedBy,
		CreatorSees: true, AssigneeID: t.AssigneeID, ProjectID: t.ProjectID, ProjectOwnerID: t.ProjectOwnerID, OrganizationID: t.OrganizationID,
	}
}

func person(id ids.ID) events.Person { return events.Person{ID: id, Name: "Ann"} }

func moved(t events.Task, by ids.ID) events.TaskStatusChanged {
	return events.TaskStatusChanged{Task: t, OldStatus: "todo", CreatorSees: true, By: person(by), At: at}
}

// unseen is the event after the task's creator has left the organisation.
func unseen[E events.TaskStatusChanged | events.CommentAdded](event E) E {
	switch e := any(&event).(type) {
	case *events.TaskStatusChanged:
		e.CreatorSees = false
	case *events.CommentAdded:
		e.CreatorSees = false
	}
	return event
}

func ended(reason string) events.SessionEnded {
	return events.SessionEnded{SessionID: session, UserID: owner, Reason: reason, At: at}
}

func TestWhoIsToldOfWhat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		event eventbus.Event
		what  domain.Type
		to    []ids.ID
	}{
		{
			"an assignee is told",
			events.TaskAssigned{Task: personal(&assignee), By: person(owner), At: at},
			domain.TaskAssigned,
			[]ids.ID{assignee},
		},
		{
			"who assigns themselves knows",
			events.TaskAssigned{Task: personal(&assignee), By: person(assignee), At: at},
			"", nil,
		},
		{"nobody assigned is nobody told", events.TaskAssigned{Task: personal(nil), By: person(owner), At: at}, "", nil},
		{
			"a former assignee is told, the new one is not",
			events.TaskUnassigned{Task: personal(&assignee), FormerAssigneeID: former, By: person(owner), At: at},
			domain.TaskUnassigned,
			[]ids.ID{former},
		},
		{
			"who gives a task back knows",
			events.TaskUnassigned{Task: personal(nil), FormerAssigneeID: former, By: person(former), At: at},
			"", nil,
		},
		{
			"a personal project's owner and the assignee follow",
			moved(personal(&assignee), other), domain.StatusChanged,
			[]ids.ID{owner, assignee},
		},
		{"the assignee moved it", moved(personal(&assignee), assignee), domain.StatusChanged, []ids.ID{owner}},
		{"the owner moved it", moved(personal(&assignee), owner), domain.StatusChanged, []ids.ID{assignee}},
		{"the owner moved their own", moved(personal(nil), owner), "", nil},
		{"the owner is the assignee", moved(personal(&owner), other), domain.StatusChanged, []ids.ID{owner}},
		{"the owner is the assignee and moved it", moved(personal(&owner), owner), "", nil},
		{
			"in an organisation's project the creator and the assignee follow",
			moved(organizations(&assignee), other), domain.StatusChanged,
			[]ids.ID{creator, assignee},
		},
		{"the creator is the assignee", moved(organizations(&creator), other), domain.StatusChanged, []ids.ID{creator}},
		{"the creator moved it", moved(organizations(nil), creator), "", nil},
		{
			"a comment is told to the owner and the assignee",
			commented(personal(&assignee), other), domain.CommentAdded,
			[]ids.ID{owner, assignee},
		},
		{"the owner commented", commented(personal(&assignee), owner), domain.CommentAdded, []ids.ID{assignee}},
		{"the assignee commented", commented(personal(&assignee), assignee), domain.CommentAdded, []ids.ID{owner}},
		{
			"a comment in an organisation's project", commented(organizations(&assignee), owner),
			domain.CommentAdded,
			[]ids.ID{creator, assignee},
		},
		{
			"a creator who has left is told of no status", unseen(moved(organizations(&assignee), other)),
			domain.StatusChanged,
			[]ids.ID{assignee},
		},
		{
			"a creator who has left is told of no comment", unseen(commented(organizations(&assignee), other)),
			domain.CommentAdded,
			[]ids.ID{assignee},
		},
		{"a creator who has left was the only one", unseen(moved(organizations(nil), other)), "", nil},
		{
			"a personal project's owner has not left", unseen(moved(personal(nil), other)), domain.StatusChanged,
			[]ids.ID{owner},
		},
		{
			"whoever lost their tasks with their membership sees them no more",
			events.TasksUnassigned{TaskIDs: []ids.ID{task}, FormerAssigneeID: former, OrganizationID: acme, ByID: owner, At: at},
			"", nil,
		},
		{"a stolen token was used", ended(events.SessionReplay), domain.SessionRevoked, []ids.ID{owner}},
		{"an admin ended the session", ended(events.SessionAdmin), domain.SessionRevoked, []ids.ID{owner}},
		{"the password was changed", ended(events.SessionPassword), domain.SessionRevoked, []ids.ID{owner}},
		{"nobody is told of a logout", ended(events.SessionLogout), "", nil},
		{"a disabled account reads nothing", ended(events.SessionDeactivated), "", nil},
		{"what does not concern anybody", events.TaskDeleted{Task: personal(&assignee), By: person(owner), At: at}, "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			notices := domain.Notices(c.event)
			var to []ids.ID
			for _, n := range notices {
				to = append(to, n.To)
				require.Equal(t, c.what, n.Type)
				require.Equal(t, at, n.At)
			}
			require.Equal(t, c.to, to)
		})
	}
}

func TestDataIsWhatTheAPIPromises(t *testing.T) {
	t.Parallel()
	const common = `"task_id":"0198c7a2-3b1e-7c11-9a44-000000000007","title":"Dig",`
	const inProject = common + `"project_id":"0198c7a2-3b1e-7c11-9a44-000000000008","project":"Garden",`
	const by = `"by":"Ann","by_id":"0198c7a2-3b1e-7c11-9a44-000000000001"}`
	cases := []struct {
		event eventbus.Event
		data  string
	}{
		{events.TaskAssigned{Task: personal(&assignee), By: person(owner)}, `{` + inProject + by},
		{events.TaskUnassigned{Task: personal(nil), FormerAssigneeID: former, By: person(owner)}, `{` + inProject + by},
		{moved(personal(&assignee), owner), `{` + inProject + `"old":"todo","new":"done",` + by},
		{
			commented(personal(&assignee), owner),
			`{` + common + `"comment_id":"0198c7a2-3b1e-7c11-9a44-000000000009",` +
				`"author":"Ann","author_id":"0198c7a2-3b1e-7c11-9a44-000000000001"}`,
		},
		{ended(events.SessionReplay), `{"session_id":"0198c7a2-3b1e-7c11-9a44-00000000000a","reason":"replay"}`},
	}
	var types []domain.Type
	for _, c := range cases {
		for _, n := range domain.Notices(c.event) {
			types = append(types, n.Type)
		}
	}
	require.Len(t, cases, len(domain.Kinds()), "there is a kind of event without a case here")
	require.ElementsMatch(t, domain.Types(), types, "the list of types is not that of what is told")
	for _, c := range cases {
		t.Run(c.event.EventName(), func(t *testing.T) {
			t.Parallel()
			notices := domain.Notices(c.event)
			require.Len(t, notices, 1)
			require.IsType(t, notices[0].Type.Data(), notices[0].Data, "the data that goes with the type")
			n := domain.New(ids.New(), notices[0])
			require.Equal(t, c.data, string(n.Data))
			require.True(t, json.Valid(n.Data))
			require.Contains(t, domain.Types(), n.Type)
			require.Nil(t, n.ReadAt)
		})
	}
}

func TestASessionIsNotToldOfItsOwnEnd(t *testing.T) {
	t.Parallel()
	n := domain.New(ids.New(), domain.Notices(ended(events.SessionReplay))[0])
	require.True(t, n.IsEndOf(session))
	require.False(t, n.IsEndOf(ids.New()))
	require.False(t, domain.New(ids.New(), domain.Notices(moved(personal(nil), other))[0]).IsEndOf(session))
}

func TestAFeedIsContinuedOnlyWhereNothingIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		extent domain.Extent
		after  int64
		ok     bool
	}{
		{domain.Extent{FirstKept: 1, LastSeq: 0}, 0, true}, // nobody was ever told anything
		{domain.Extent{FirstKept: 1, LastSeq: 0}, 1, false},
		{domain.Extent{FirstKept: 1, LastSeq: 41}, 0, true},
		{domain.Extent{FirstKept: 1, LastSeq: 41}, 41, true},
		{domain.Extent{FirstKept: 1, LastSeq: 41}, 42, false}, // in the future
		{domain.Extent{FirstKept: 1, LastSeq: 41}, -1, false},
		{domain.Extent{FirstKept: 11, LastSeq: 41}, 10, true},
		{domain.Extent{FirstKept: 11, LastSeq: 41}, 9, false}, // 10 is gone
		{domain.Extent{FirstKept: 42, LastSeq: 41}, 41, true}, // everything is gone, but nothing is missing
		{domain.Extent{FirstKept: 42, LastSeq: 41}, 40, false},
	} {
		err := c.extent.CheckAfter(c.after)
		if c.ok {
			require.NoError(t, err, "%+v", c)
		} else {
			require.ErrorIs(t, err, domain.ErrResync, "%+v", c)
		}
	}
}
