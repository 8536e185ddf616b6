package notifications_test

import (
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/shared/auth"
)

func TestEveryFieldOfANotificationIsShown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		h := open(t, db)
		ann := h.LogIn(t, auth.RoleUser)
		h.assigns(ann.Principal.UserID, 1, 1)
		moduletest.RequireListed[domain.Notification](t, ann, "/api/v1/notifications", map[string]string{
			"UserID": "it is who asks",
		})
	})
}
