package identity_test

import (
	"testing"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/identity/internal/domain"
)

func TestEveryFieldOfAUserGoesOverHTTP(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		root := n.admin(t, "root")
		moduletest.RequireFields[domain.UserState](t, moduletest.Resource{
			Client: root.Client, Path: "/api/v1/auth/register", List: "/api/v1/users", Beside: map[string]any{"password": password},
		}, moduletest.Fields{
			"ID":            {Why: "the server makes it"},
			"Email":         {Post: "ada@example.com", Why: "its owner alone changes it"},
			"DisplayName":   {Post: "Ada", Patch: "Ada Lovelace"},
			"Role":          {Patch: "admin", Why: "whoever registers is a user"},
			"IsActive":      {Patch: false, Why: "whoever registers is active"},
			"EmailVerified": {Why: "a token that was mailed sets it"},
			"PendingEmail":  {Hidden: true, Why: "it is shown to its owner alone"},
			"PasswordHash":  {Hidden: true, Why: "it never leaves the module"},
			"Version":       {Hidden: true, Why: "it is in the ETag"},
			"CreatedAt":     {Why: "the server says when"},
			"UpdatedAt":     {Why: "the server says when"},
		})
		moduletest.RequireShown[domain.UserState](t, root.Get("/api/v1/users/me").Require(200).Body, map[string]string{
			"PasswordHash": "it never leaves the module", "Version": "it is in the ETag",
		})
	})
}

func TestEveryFieldOfASessionIsShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		moduletest.RequireListed[domain.SessionState](t, n.admin(t, "root").Client, "/api/v1/admin/sessions", map[string]string{
			"Device": "it is shown as user_agent and ip", "Generation": "it is in the tokens alone",
		})
	})
}

func TestEveryFieldOfAnAuditEntryIsShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		moduletest.RequireListed[domain.AuditEntry](t, n.admin(t, "root").Client, "/api/v1/admin/audit", map[string]string{
			"Origin": "it is shown as ip and request_id",
		})
	})
}
