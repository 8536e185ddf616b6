package comments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
)

// Whoever is being removed or demoted while they write does so before or not at all; nothing is left in an organisation
// that is deleted meanwhile.
func TestACommentAgainstTheLossOfARole(t *testing.T) {
	w, i := interleaved(t)
	for name, loss := range map[string]struct {
		of      func(events.Membership) eventbus.Event
		refused map[string]int
	}{
		"demoted": {
			func(m events.Membership) eventbus.Event { return moduletest.WithRole(m, auth.OrganizationMember) },
			map[string]int{"add": 403, "change": 200, "delete": 204}, // a reader is the author still
		},
		"removed": {
			func(m events.Membership) eventbus.Event { return moduletest.Removed(m) },
			map[string]int{"add": 404, "change": 404, "delete": 404},
		},
		"deleted": {
			func(m events.Membership) eventbus.Event { return moduletest.OrganizationDeleted(m.OrganizationID) },
			map[string]int{"add": 404, "change": 404, "delete": 404},
		},
	} {
		for _, write := range writes {
			scene := func() (organization, events.Membership, request) {
				o := w.organization()
				sell := w.task(o.shop)
				made := w.say(o.admin, sell, "Where?")
				return o, o.admins, func() *httpservertest.Answer { return write.send(o.admin, sell, made) }
			}
			o, membership, send := scene()
			release := dbtest.Hold(i, send)
			lost := dbtest.Blocked(i, w.Publishing(loss.of(membership)))
			release().Require(write.ok)
			require.NoError(t, lost(), name)
			if name == "deleted" {
				require.Zero(t, w.Count("comment_projects WHERE organization_id = ?", o.ID))
				require.Zero(t, w.Count("comments c WHERE NOT EXISTS (SELECT 1 FROM comment_tasks t WHERE t.task_id = c.task_id)"))
			}

			_, membership, send = scene()
			commit := dbtest.Hold(i, w.Publishing(loss.of(membership)))
			answer := dbtest.Blocked(i, send)
			require.NoError(t, commit())
			answer().Require(loss.refused[write.name])
		}
	}
}
