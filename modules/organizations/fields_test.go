package organizations_test

import (
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/organizations/internal/domain"
)

func TestEveryFieldGoesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		moduletest.RequireFields[domain.State](t, moduletest.Resource{
			Client: ada.Client, Path: organizationsPath, List: organizationsPath,
		}, moduletest.Fields{
			"ID":        {Why: "the server makes it"},
			"Name":      {Post: "Acme", Patch: "Acme Gardens"},
			"Slug":      {Post: "acme-ltd", Patch: "acme-gardens"},
			"Version":   {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt": {Why: "the server says when"},
			"UpdatedAt": {Why: "the server says when"},
		})
	})
}

func TestEveryFieldOfAMemberGoesOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		path := w.create(ada, "Acme").members()
		moduletest.RequireFields[domain.MemberState](t, moduletest.Resource{Client: ada.Client, Path: path, List: path}, moduletest.Fields{
			"OrganizationID": {Hidden: true, Why: "it is in the path"},
			"UserID":         {Post: w.User("Bob").UserID, Why: "another user is another member"},
			"Role":           {Post: "member", Patch: "admin"},
			"Version":        {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt":      {Why: "the server says when"},
		})
	})
}
