package gormstore

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/tasks/internal/domain"
	"fasttrack/shared/ids"
)

// A client that sends all members again, most of them unchanged, does not pay for indexes that stay as they are.
func TestAnUpdateNamesOnlyColumnsWhoseValueChanges(t *testing.T) {
	t.Parallel()
	assignee, due := ids.New(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	before := domain.State{Title: "Dig", AssigneeID: &assignee, DueAt: &due, Version: 1}
	after := before
	after.Title, after.AssigneeID, after.DueAt, after.Version = "Plant", new(assignee), new(due), 2
	require.Equal(t, []string{"search_text", "title", "updated_at", "version"}, slices.Sorted(maps.Keys(updated(before, after))))

	after.AssigneeID, after.DueAt = nil, new(due.Add(time.Hour))
	require.Equal(t, []string{"assignee_id", "due_at", "search_text", "title", "updated_at", "version"},
		slices.Sorted(maps.Keys(updated(before, after))))
}
