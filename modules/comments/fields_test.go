package comments_test

import (
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/comments/internal/domain"
)

func TestEveryFieldGoesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		path := commentsOn(w.task(w.Project(ada)))
		moduletest.RequireFields[domain.State](t, moduletest.Resource{Client: ada.Client, Path: path, List: path}, moduletest.Fields{
			"ID":        {Why: "the server makes it"},
			"TaskID":    {Why: "the path says it, and it never changes"},
			"AuthorID":  {Why: "it is the caller"},
			"Body":      {Post: "To the left.", Patch: "To the right."},
			"Version":   {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt": {Why: "the server says when"},
			"UpdatedAt": {Why: "the server says when"},
		})
	})
}
