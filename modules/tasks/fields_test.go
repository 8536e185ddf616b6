package tasks_test

import (
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/tasks/internal/domain"
)

func TestEveryFieldGoesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.user("Ada")
		garden := w.Project(ada)
		bob := w.user("Bob")
		moduletest.RequireFields[domain.State](t, moduletest.Resource{
			Client: ada.Client, Path: tasksOf(garden), List: tasksOf(garden),
		}, moduletest.Fields{
			"ID":          {Why: "the server makes it"},
			"ProjectID":   {Why: "the path says it, and it never changes"},
			"Title":       {Post: "Dig", Patch: "Plant"},
			"Description": {Post: "Two spades deep.", Patch: "Roses."},
			"Status":      {Post: "in_progress", Patch: "done"},
			"Priority":    {Post: "low", Patch: "high"},
			"AssigneeID":  {Post: bob.UserID, Patch: ada.UserID},
			"DueAt":       {Post: "2026-05-01T12:00:00.000000Z", Patch: "2026-05-02T12:00:00.000000Z"},
			"CompletedAt": {Why: "it follows from the status"},
			"CreatedBy":   {Why: "it is the caller"},
			"Version":     {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt":   {Why: "the server says when"},
			"UpdatedAt":   {Why: "the server says when"},
		})
	})
}
