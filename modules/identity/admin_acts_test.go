package identity_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// adminActs are all events that say whether something was done as an admin, with the entry that each leaves.
func adminActs(by ids.ID, asAdmin bool) (acts []eventbus.Event, entries []auditEntry) {
	at, person := time.Now(), events.Person{ID: by, Name: "Root"}
	organization := events.Organization{OrganizationID: ids.New(), Name: "Acme", Slug: "acme", Version: 2}
	membership := events.Membership{OrganizationID: organization.OrganizationID, UserID: ids.New(), Role: "admin", Version: 1}
	project := events.Project{ProjectID: ids.New(), Name: "Garden", OwnerID: ids.New(), Version: 1}
	task := events.Task{TaskID: ids.New(), Title: "Dig", ProjectID: project.ProjectID, Version: 1}
	comment := ids.New()
	none := map[string]string{}
	ofMember := map[string]string{"user_id": membership.UserID.String(), "role": "admin"}
	ofTask := map[string]string{"project_id": project.ProjectID.String()}
	ofComment := map[string]string{"task_id": task.TaskID.String()}
	add := func(e eventbus.Event, targetType string, target ids.ID, details map[string]string) {
		_, name, _ := strings.Cut(e.EventName(), ".")
		acts = append(acts, e)
		entries = append(entries, auditEntry{
			ActorID: &by, Action: "admin." + name, TargetType: targetType, TargetID: &target, Details: details,
		})
	}
	add(events.OrganizationChanged{Organization: organization, ByID: by, AsAdmin: asAdmin, At: at},
		"organization", organization.OrganizationID, none)
	add(events.OrganizationDeleted{OrganizationID: organization.OrganizationID, ByID: by, AsAdmin: asAdmin, At: at},
		"organization", organization.OrganizationID, none)
	add(events.MemberAdded{Membership: membership, ByID: by, AsAdmin: asAdmin, At: at},
		"organization", organization.OrganizationID, ofMember)
	add(events.MemberChanged{Membership: membership, ByID: by, AsAdmin: asAdmin, At: at},
		"organization", organization.OrganizationID, ofMember)
	add(events.MemberRemoved{Membership: membership, ByID: by, AsAdmin: asAdmin, At: at},
		"organization", organization.OrganizationID, ofMember)
	add(events.ProjectCreated{Project: project, ByID: by, AsAdmin: asAdmin, At: at}, "project", project.ProjectID, none)
	add(events.ProjectChanged{Project: project, ByID: by, AsAdmin: asAdmin, At: at}, "project", project.ProjectID, none)
	add(events.ProjectDeleted{ProjectID: project.ProjectID, ByID: by, AsAdmin: asAdmin, At: at},
		"project", project.ProjectID, none)
	add(events.TaskCreated{Task: task, By: person, AsAdmin: asAdmin, At: at}, "task", task.TaskID, ofTask)
	add(events.TaskChanged{Task: task, By: person, AsAdmin: asAdmin, At: at}, "task", task.TaskID, ofTask)
	add(events.TaskDeleted{Task: task, By: person, AsAdmin: asAdmin, At: at}, "task", task.TaskID, ofTask)
	add(events.CommentAdded{CommentID: comment, Author: person, TaskID: task.TaskID, AsAdmin: asAdmin, At: at},
		"comment", comment, ofComment)
	add(events.CommentDeleted{CommentID: comment, TaskID: task.TaskID, ByID: by, AsAdmin: asAdmin, At: at},
		"comment", comment, ofComment)
	return acts, entries
}

// Each act is in the log in the unit of work that it was done in, and found there by its name.
func TestWhatAnAdminDoesAsAdminIsNoted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		acts, want := adminActs(admin.ID, true)
		n.Publish(acts...)
		entries := noted(admin)
		require.Len(t, entries, len(want))
		for i, e := range want {
			found := listed[auditEntry](admin, auditLog+"?action="+e.Action+"&")
			require.Len(t, found, 1, e.Action)
			require.Contains(t, entries, found[0])
			e.ID, e.At = found[0].ID, found[0].At
			require.Equal(t, e, found[0], acts[i].EventName())
		}

		before := n.Count("audit_log")
		require.ErrorIs(t, n.DB.Do(t.Context(), func(ctx context.Context) error {
			require.NoError(t, n.TryPublish(ctx, acts...))
			return context.Canceled
		}), context.Canceled)
		require.Equal(t, before, n.Count("audit_log"), "what did not happen was not done")
	})
}

// What people do by their own right costs nothing.
func TestWhatIsNotDoneAsAdminIsNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		acts, _ := adminActs(ids.New(), false)
		require.Empty(t, n.Statements(func() { n.Publish(acts...) }))
		require.Zero(t, n.Count("audit_log"))
	})
}

// An event that is given the field some day must be listened to as well.
func TestEveryEventThatSaysSoIsHeard(t *testing.T) {
	t.Parallel()
	acts, _ := adminActs(ids.New(), true)
	known := map[string]bool{}
	for _, e := range acts {
		known[e.EventName()] = true
	}
	for _, e := range []eventbus.Event{
		events.UserRegistered{},
		events.UserChanged{},
		events.SessionEnded{},
		events.OrganizationCreated{},
		events.OrganizationChanged{},
		events.OrganizationDeleted{},
		events.MemberAdded{},
		events.MemberChanged{},
		events.MemberRemoved{},
		events.ProjectCreated{},
		events.ProjectChanged{},
		events.ProjectDeleted{},
		events.TaskCreated{},
		events.TaskChanged{},
		events.TaskAssigned{},
		events.TaskUnassigned{},
		events.TaskStatusChanged{},
		events.TaskDeleted{},
		events.CommentAdded{},
		events.CommentChanged{},
		events.CommentDeleted{},
		events.NotificationsAppended{},
	} {
		_, says := reflect.TypeOf(e).FieldByName("AsAdmin")
		require.Equal(t, known[e.EventName()], says, e.EventName())
	}
	each(t, func(t *testing.T, n *node) {
		var heard []string
		for _, route := range n.Bus.Routes() {
			if slices.Contains(route.BeforeCommit, "identity.record_admin_acts") {
				heard = append(heard, route.Event)
			}
		}
		require.Len(t, heard, len(known))
		for _, event := range heard {
			require.True(t, known[event], event)
		}
	})
}
