package identity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// anySession is a session as an admin sees it.
type anySession struct {
	session
	UserID      ids.ID     `json:"user_id"`
	Email       string     `json:"email"`
	DisplayName string     `json:"display_name"`
	Active      bool       `json:"active"`
	EndedAt     *time.Time `json:"ended_at"`
	EndReason   *string    `json:"end_reason"`
}

const allSessions = "/api/v1/admin/sessions"

func TestAdminsSeeTheSessionsOfAllUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		n.login(t, "ada").Post("/api/v1/auth/logout", nil).Require(204)
		expired := sessionOf(t, n.login(t, "ada").AccessToken)
		n.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", time.Now(), expired)

		of := func(query string) (found []ids.ID) {
			for _, s := range listed[anySession](admin, allSessions+"?"+query) {
				found = append(found, s.ID)
			}
			return found
		}
		all := listed[anySession](admin, allSessions+"?")
		require.Len(t, all, 4, "the newest first")
		rootsOwn, adas, ended := all[3], all[2], all[1]
		require.Equal(t, expired, all[0].ID)
		require.False(t, all[0].Active)
		require.Nil(t, all[0].EndedAt, "it has expired, but nobody has ended it")

		require.Equal(t, sessionOf(t, admin.AccessToken), rootsOwn.ID)
		require.True(t, rootsOwn.Current)
		require.Equal(t, admin.ID, rootsOwn.UserID)
		require.Equal(t, sessionOf(t, ada.AccessToken), adas.ID)
		require.False(t, adas.Current)
		require.True(t, adas.Active)
		require.Nil(t, adas.EndedAt)
		require.Nil(t, adas.EndReason)
		require.Equal(t, ada.ID, adas.UserID)
		require.Equal(t, address("ada"), adas.Email)
		require.Equal(t, "ada", adas.DisplayName)
		require.Equal(t, "127.0.0.1", adas.IP)
		require.False(t, ended.Active)
		require.Equal(t, events.SessionLogout, *ended.EndReason)
		require.WithinDuration(t, time.Now(), *ended.EndedAt, time.Minute)

		adasOwn := "user_id=" + ada.ID.String() + "&"
		require.Equal(t, []ids.ID{expired, ended.ID, adas.ID}, of(adasOwn))
		require.Equal(t, []ids.ID{adas.ID, rootsOwn.ID}, of("active=true&"))
		require.Equal(t, []ids.ID{expired, ended.ID}, of("active=false&"))
		require.Equal(t, []ids.ID{adas.ID}, of(adasOwn+"active=true&"))
		require.Empty(t, of("user_id="+ids.New().String()+"&"))
		for _, bad := range []string{"user_id=me", "active=maybe", "active=", "sort=created_at", "limit=101", "x=1"} {
			admin.Get(allSessions+"?"+bad).RequireProblem(422, "validation_failed")
		}
		ada.Get(allSessions).RequireProblem(403, "forbidden")
		n.Anonymous(t).Get(allSessions).RequireProblem(401, "unauthenticated")
	})
}

func TestAnAdminEndsTheSessionOfAnybody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		phone := n.login(t, "ada")
		id := sessionOf(t, phone.AccessToken)
		n.Events()

		ada.Delete(allSessions+"/"+id.String()).RequireProblem(403, "forbidden")
		n.Anonymous(t).Delete(allSessions+"/"+id.String()).RequireProblem(401, "unauthenticated")
		admin.Delete(allSessions+"/"+ids.New().String()).RequireProblem(404, "not_found")
		admin.Delete(allSessions+"/current").RequireProblem(422, "validation_failed")
		require.Empty(t, n.endings())
		require.True(t, phone.alive())

		admin.Delete(allSessions + "/" + id.String()).Require(204)
		heard := n.Events()
		require.Len(t, heard, 1)
		ended := heard[0].(events.SessionEnded)
		require.Equal(t, events.SessionAdmin, ended.Reason)
		require.Equal(t, id, ended.SessionID)
		require.Equal(t, ada.ID, ended.UserID)
		phone.Get("/api/v1/users/me").RequireProblem(401, "token_revoked")
		phone.refresh(phone.RefreshToken).RequireProblem(401, "token_revoked")
		require.True(t, ada.alive())

		admin.Delete(allSessions+"/"+id.String()).RequireProblem(404, "not_found")
		entries := noted(admin)
		last := entries[len(entries)-1]
		require.Equal(t, "session_ended", last.Action)
		require.Equal(t, admin.ID, *last.ActorID)
		require.Equal(t, "session", last.TargetType)
		require.Equal(t, id, *last.TargetID)
		require.Equal(t, map[string]string{"user_id": ada.ID.String()}, last.Details)
		require.Len(t, entries, 4, "what was refused is not noted: register and two logins, and this")

		admin.Delete(allSessions + "/" + sessionOf(t, admin.AccessToken).String()).Require(204)
		require.False(t, admin.alive())
	})
}

func TestWhatHasExpiredIsNotThereForAnAdminEither(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		id := sessionOf(t, ada.AccessToken)
		n.Exec("UPDATE sessions SET expires_at = ? WHERE id = ?", time.Now(), id)
		n.Events()
		admin.Delete(allSessions+"/"+id.String()).RequireProblem(404, "not_found")
		require.Empty(t, n.endings())
	})
}
