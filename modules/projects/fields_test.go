package projects_test

import (
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/projects/internal/domain"
)

func TestEveryFieldGoesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.organization()
		moduletest.RequireFields[domain.State](t, moduletest.Resource{
			Client: o.owner.Client, Path: projectsPath, List: projectsPath,
		}, moduletest.Fields{
			"ID":             {Why: "the server makes it"},
			"OwnerID":        {Why: "it is the caller, and never changes"},
			"OrganizationID": {Post: o.ID, Why: "a project stays where it is"},
			"Name":           {Post: "Garden", Patch: "Park"},
			"Description":    {Post: "Behind the house.", Patch: "Around it."},
			"Status":         {Patch: "archived", Why: "a new project is active"},
			"Inbox":          {Why: "everybody is given theirs"},
			"TaskCounts":     {Why: "they follow from the tasks"},
			"Version":        {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt":      {Why: "the server says when"},
			"UpdatedAt":      {Why: "the server says when"},
		})
	})
}
