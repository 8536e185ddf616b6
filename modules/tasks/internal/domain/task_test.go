package domain

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/errs"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
	"fasttrack/shared/patch"
)

var (
	monday  = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
	someone = ids.New()
)

func draftOf(t *testing.T, f Fields) Draft {
	t.Helper()
	if f.Title == nil {
		f.Title = new("Write the minutes")
	}
	d, err := NewDraft(f)
	require.NoError(t, err)
	return d
}

func taskOf(t *testing.T, p Project, f Fields) *Task {
	t.Helper()
	task, err := NewTask(ids.New(), someone, p, draftOf(t, f), true, monday)
	require.NoError(t, err)
	return task
}

func changeOf(t *testing.T, f Fields) Change {
	t.Helper()
	c, err := NewChange(f)
	require.NoError(t, err)
	return c
}

func project() Project {
	return Project{ID: ids.New(), OwnerID: someone, Name: "Garden", Version: 1}
}

func TestNewTaskHasDefaults(t *testing.T) {
	t.Parallel()
	p := project()
	s := taskOf(t, p, Fields{Title: new("  Dig\r\nplant ")}).State()
	require.Equal(t, State{
		ID: s.ID, ProjectID: p.ID, Title: "Dig\nplant", Status: Todo, Priority: Medium, CreatedBy: someone,
		Version: 1, CreatedAt: monday, UpdatedAt: monday,
	}, s)
}

func TestNewTaskThatIsDoneIsCompletedAtOnce(t *testing.T) {
	t.Parallel()
	require.Equal(t, &monday, taskOf(t, project(), Fields{Status: new("done")}).State().CompletedAt)
}

func TestNewTaskIsRefused(t *testing.T) {
	t.Parallel()
	assigned := draftOf(t, Fields{AssigneeID: patch.To(someone)})
	archived := project()
	archived.Archived = true

	_, err := NewTask(ids.New(), someone, project(), assigned, false, monday)
	require.ErrorIs(t, err, ErrAssignee)
	_, err = NewTask(ids.New(), someone, archived, assigned, true, monday)
	require.ErrorIs(t, err, ErrArchived)
	_, err = NewTask(ids.New(), someone, archived, assigned, false, monday)
	require.ErrorIs(t, err, ErrAssignee, "what is invalid is said before what is in conflict")
}

// Any change of status is allowed. CompletedAt says when a task became done, and nothing else moves it.
func TestStatusDecidesCompletedAt(t *testing.T) {
	t.Parallel()
	statuses := []Status{Todo, InProgress, Done}
	for _, from := range statuses {
		for _, to := range statuses {
			task := taskOf(t, project(), Fields{Status: new(string(from))})
			require.NoError(t, task.Apply(changeOf(t, Fields{Status: new(string(to))}), true, tuesday))
			var want *time.Time
			switch {
			case to == Done && from == Done:
				want = &monday
			case to == Done:
				want = &tuesday
			}
			require.Equal(t, to, task.State().Status)
			require.Equal(t, want, task.State().CompletedAt, "%s → %s", from, to)
			if from == to {
				require.EqualValues(t, 1, task.State().Version)
				require.Equal(t, monday, task.State().UpdatedAt)
			} else {
				require.EqualValues(t, 2, task.State().Version)
				require.Equal(t, tuesday, task.State().UpdatedAt)
			}
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from Status
		done *bool
		to   Status
	}{
		{Todo, nil, Done},
		{InProgress, nil, Done},
		{Done, nil, Todo},
		{Todo, new(true), Done},
		{InProgress, new(true), Done},
		{Done, new(true), Done},
		{Todo, new(false), Todo},
		{InProgress, new(false), InProgress},
		{Done, new(false), Todo},
	} {
		task := taskOf(t, project(), Fields{Status: new(string(c.from))})
		require.NoError(t, task.Complete(c.done, tuesday))
		require.Equal(t, c.to, task.State().Status, "%+v", c)
		require.Equal(t, c.to == Done, task.State().CompletedAt != nil, "%+v", c)
		require.Equal(t, c.from != c.to, task.State().Version == 2, "%+v", c)
	}
}

func TestApplyChangesWhatWasSaid(t *testing.T) {
	t.Parallel()
	full := Fields{
		Title: new("Plant"), Description: new("roses"), Status: new("in_progress"), Priority: new("high"),
		AssigneeID: patch.To(ids.New()), DueAt: patch.To(tuesday),
	}
	for name, f := range map[string]Fields{
		"title": {Title: full.Title}, "description": {Description: full.Description}, "status": {Status: full.Status},
		"priority": {Priority: full.Priority}, "assignee": {AssigneeID: full.AssigneeID}, "due": {DueAt: full.DueAt},
		"all": full,
	} {
		task := taskOf(t, project(), Fields{})
		require.NoError(t, task.Apply(changeOf(t, f), true, tuesday))
		require.EqualValues(t, 2, task.State().Version, name)
		require.Equal(t, tuesday, task.State().UpdatedAt, name)

		require.NoError(t, task.Apply(changeOf(t, f), true, tuesday.Add(time.Hour)))
		require.EqualValues(t, 2, task.State().Version, "%s: the same again changes nothing", name)
		require.Equal(t, tuesday, task.State().UpdatedAt, name)
	}
}

// A field that is added to State has to be compared, or a change of it alone is taken for none.
func TestEveryFieldThatPeopleChangeIsCompared(t *testing.T) {
	t.Parallel()
	fixed := []string{"ID", "ProjectID", "CreatedBy", "CreatedAt"}
	derived := []string{"CompletedAt", "Version", "UpdatedAt"}
	before := State{Status: Todo, Priority: Low}
	other := State{
		Title: "Plant", Description: "roses", Status: Done, Priority: High, AssigneeID: new(ids.New()), DueAt: &tuesday,
	}
	require.True(t, before.equal(before))
	for field, value := range reflect.ValueOf(other).Fields() {
		if slices.Contains(fixed, field.Name) || slices.Contains(derived, field.Name) {
			continue
		}
		altered := before
		reflect.ValueOf(&altered).Elem().FieldByIndex(field.Index).Set(value)
		require.NotEqual(t, before, altered, "give %s another value in this test", field.Name)
		require.False(t, altered.equal(before), field.Name)
	}
}

// A field that is added to Change has to be applied, and one that is added to State has to be in Change.
func TestAChangeReachesEveryField(t *testing.T) {
	t.Parallel()
	task := taskOf(t, project(), Fields{})
	before := task.State()
	full := changeOf(t, Fields{
		Title: new("Plant"), Description: new("roses"), Status: new("done"), Priority: new("high"),
		AssigneeID: patch.To(ids.New()), DueAt: patch.To(tuesday),
	})
	require.NoError(t, task.Apply(full, true, tuesday))
	fieldtest.RequireAltered(t, before, task.State(), "ID", "ProjectID", "CreatedBy", "CreatedAt")
}

func TestApplyClearsWhatIsNull(t *testing.T) {
	t.Parallel()
	task := taskOf(t, project(), Fields{AssigneeID: patch.To(someone), DueAt: patch.To(tuesday)})
	clear := Fields{AssigneeID: patch.Null[ids.ID](), DueAt: patch.Null[time.Time]()}
	require.NoError(t, task.Apply(changeOf(t, clear), true, tuesday))
	require.Nil(t, task.State().AssigneeID)
	require.Nil(t, task.State().DueAt)
}

func TestApplyRefusesWhoIsNotAssignable(t *testing.T) {
	t.Parallel()
	task := taskOf(t, project(), Fields{AssigneeID: patch.To(someone)})
	require.NoError(t, task.Apply(changeOf(t, Fields{AssigneeID: patch.To(someone)}), false, tuesday),
		"whoever has it keeps it, deactivated or not")
	require.ErrorIs(t, task.Apply(changeOf(t, Fields{AssigneeID: patch.To(ids.New())}), false, tuesday), ErrAssignee)
	require.EqualValues(t, 1, task.State().Version)
}

func TestArchivedProjectFreezesItsTasks(t *testing.T) {
	t.Parallel()
	p := project()
	p.Archived = true
	task := Restore(taskOf(t, project(), Fields{}).State(), p)
	require.ErrorIs(t, task.Apply(changeOf(t, Fields{Title: new("Plant")}), true, tuesday), ErrArchived)
	require.ErrorIs(t, task.Complete(nil, tuesday), ErrArchived)
	require.ErrorIs(t, task.CheckDeletable(), ErrArchived)
	require.NoError(t, task.Apply(changeOf(t, Fields{}), true, tuesday), "nothing to change, nothing to refuse")
	require.EqualValues(t, 1, task.State().Version)
}

func TestTimesAreKeptAtMicrosecondsInUTC(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 3, 2, 10, 0, 0, 123456789, time.FixedZone("", 3600))
	task := taskOf(t, project(), Fields{DueAt: patch.To(due)})
	require.Equal(t, time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC), *task.State().DueAt)
}

func TestFieldsAreChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 10_001)
	for name, c := range map[string]struct {
		said Fields
		bad  []string
	}{
		"greatest":        {Fields{Title: new(strings.Repeat("ä", 500)), Description: new(strings.Repeat("ö", 10_000))}, nil},
		"empty title":     {Fields{Title: new(" \n ")}, []string{"body.title"}},
		"long title":      {Fields{Title: new(strings.Repeat("a", 501))}, []string{"body.title"}},
		"NUL in title":    {Fields{Title: new("a\x00b")}, []string{"body.title"}},
		"long text":       {Fields{Title: new("a"), Description: new(long)}, []string{"body.description"}},
		"unknown status":  {Fields{Title: new("a"), Status: new("Done")}, []string{"body.status"}},
		"unknown urgency": {Fields{Title: new("a"), Priority: new("")}, []string{"body.priority"}},
		"all at once": {
			Fields{Title: new(""), Description: new("\x01"), Status: new("?"), Priority: new("?")},
			[]string{"body.title", "body.description", "body.status", "body.priority"},
		},
	} {
		_, draftErr := NewDraft(c.said)
		_, changeErr := NewChange(c.said)
		require.Equal(t, c.bad, locations(draftErr), name)
		require.Equal(t, c.bad, locations(changeErr), name)
	}
	_, err := NewDraft(Fields{})
	require.Equal(t, []string{"body.title"}, locations(err), "a task needs a title")
}

func locations(err error) (all []string) {
	if refusal, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range refusal.Fields {
			all = append(all, f.Location)
		}
	}
	return all
}
