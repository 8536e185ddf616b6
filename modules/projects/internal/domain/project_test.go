package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/projects/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/fieldtest"
	"fasttrack/shared/ids"
)

var (
	born  = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	later = born.Add(time.Hour)
	owner = ids.New()
)

func project(t *testing.T) *domain.Project {
	t.Helper()
	draft, err := domain.NewDraft("  Website relaunch ", "Until\r\nMay.", nil)
	require.NoError(t, err)
	return domain.NewProject(ids.New(), owner, draft, born)
}

func change(t *testing.T, name, description, status *string) domain.Change {
	t.Helper()
	c, err := domain.NewChange(name, description, status)
	require.NoError(t, err)
	return c
}

func TestANewProjectIsActiveAndItsTextIsClean(t *testing.T) {
	t.Parallel()
	s := project(t).State()
	require.Equal(t, "Website relaunch", s.Name)
	require.Equal(t, "Until\nMay.", s.Description)
	require.Equal(t, domain.Active, s.Status)
	require.Equal(t, int64(1), s.Version)
	require.Equal(t, owner, s.OwnerID)
	require.False(t, s.Inbox)
}

func TestEveryRefusedFieldIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := domain.NewDraft(" \t\n", strings.Repeat("ä", 10_001), nil)
	var e *errs.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, errs.Invalid, e.Kind)
	require.Equal(t, []errs.Field{
		{Location: "body.name", Message: "must not be empty"},
		{Location: "body.description", Message: "must have at most 10000 characters"},
	}, e.Fields)

	_, err = domain.NewChange(new(strings.Repeat("n", 201)), new("a\x00b"), new("paused"))
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 3)
}

func TestAChangeCountsAsOneVersion(t *testing.T) {
	t.Parallel()
	p := project(t)
	require.NoError(t, p.Apply(change(t, new("Relaunch"), new(""), nil), later))
	s := p.State()
	require.Equal(t, "Relaunch", s.Name)
	require.Empty(t, s.Description)
	require.Equal(t, int64(2), s.Version)
	require.Equal(t, later, s.UpdatedAt)
	require.Equal(t, born, s.CreatedAt)
}

// A field that is added to State has to be in Change and applied, or be one of those that never change. What says the
// same again is no change, which a pointer would be when it is compared by address.
func TestAChangeReachesEveryField(t *testing.T) {
	t.Parallel()
	p := project(t)
	before := p.State()
	full := func() domain.Change { return change(t, new("Relaunch"), new("Until June."), new("archived")) }
	require.NoError(t, p.Apply(full(), later))
	after := p.State()
	fieldtest.RequireAltered(t, before, after, "ID", "OwnerID", "OrganizationID", "Inbox", "TaskCounts", "CreatedAt")
	require.NoError(t, p.Apply(full(), later.Add(time.Hour)))
	require.Equal(t, after, p.State())
}

func TestAChangeThatChangesNothingIsNone(t *testing.T) {
	t.Parallel()
	p := project(t)
	before := p.State()
	require.NoError(t, p.Apply(change(t, nil, nil, nil), later))
	require.NoError(t, p.Apply(change(t, new("Website relaunch"), nil, new("active")), later))
	require.Equal(t, before, p.State())
}

func TestAnArchivedProjectOnlyBecomesActiveAgain(t *testing.T) {
	t.Parallel()
	p := project(t)
	require.NoError(t, p.Apply(change(t, nil, nil, new("archived")), later))
	require.ErrorIs(t, p.Apply(change(t, new("Other"), nil, nil), later), domain.ErrArchived)
	require.ErrorIs(t, p.Apply(change(t, nil, new("Other"), new("archived")), later), domain.ErrArchived)
	require.NoError(t, p.Apply(change(t, nil, nil, new("archived")), later), "it is archived already")
	require.Equal(t, int64(2), p.State().Version)
	require.NoError(t, p.CheckDeletable())
	require.NoError(t, p.Apply(change(t, nil, nil, new("active")), later))
	require.Equal(t, domain.Active, p.State().Status)
	require.Equal(t, int64(3), p.State().Version)
}

func TestTheInboxIsProtected(t *testing.T) {
	t.Parallel()
	p := domain.NewInbox(ids.New(), owner, born)
	require.True(t, p.State().Inbox)
	require.ErrorIs(t, p.CheckDeletable(), domain.ErrInbox)
	require.ErrorIs(t, p.Apply(change(t, nil, nil, new("archived")), later), domain.ErrInbox)
	require.NoError(t, p.Apply(change(t, new("Later"), nil, nil), later))
	require.Equal(t, "Later", p.State().Name)
}
