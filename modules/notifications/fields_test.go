package notifications_test

import (
	"encoding/json"
	"testing"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
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
		var page httpservertest.Page[json.RawMessage]
		ann.Get("/api/v1/notifications").Decode(200, &page)
		moduletest.RequireShown[domain.Notification](t, page.Items[0], map[string]string{"UserID": "it is who asks"})
	})
}
