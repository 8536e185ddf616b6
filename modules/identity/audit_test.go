package identity_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

// auditEntry is an entry of the audit log as the API shows it.
type auditEntry struct {
	ID         ids.ID            `json:"id"`
	At         time.Time         `json:"at"`
	ActorID    *ids.ID           `json:"actor_id"`
	Action     string            `json:"action"`
	TargetType string            `json:"target_type"`
	TargetID   *ids.ID           `json:"target_id"`
	IP         string            `json:"ip"`
	RequestID  string            `json:"request_id"`
	Details    map[string]string `json:"details"`
}

const auditLog = "/api/v1/admin/audit"

// noted returns what was noted after the admin's own login, the oldest first.
func noted(admin *person) []auditEntry {
	entries := listed[auditEntry](admin, auditLog+"?")
	slices.Reverse(entries)
	at := slices.IndexFunc(entries, func(e auditEntry) bool {
		return e.Action == "login" && e.ActorID != nil && *e.ActorID == admin.ID
	})
	return entries[at+1:]
}

func actions(entries []auditEntry) (actions []string) {
	for _, e := range entries {
		actions = append(actions, e.Action)
	}
	return actions
}

func TestWhatIsDoneToAccountsAndSessionsIsNoted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		ada := n.join(t, "ada")
		id, session := ada.ID, sessionOf(t, ada.AccessToken)
		root := admin.ID
		phone := sessionOf(t, n.login(t, "ada").AccessToken)
		ada.Delete(ownSessions + "/" + phone.String()).Require(204)
		ada.Post(myPassword, changing(password, another)).Require(204)
		ada.Post(myPassword, changing(another, password)).Require(204)
		ada.Patch("/api/v1/users/me", map[string]string{"display_name": "Countess"}).Require(200)
		ada.Patch("/api/v1/users/me", map[string]string{"display_name": "Countess"}).Require(200) // changes nothing
		admin.Patch(ada.path(), map[string]any{"role": "admin"}).Require(200)
		admin.Patch(ada.path(), map[string]any{"role": "user", "is_active": false}).Require(200)
		admin.Patch(ada.path(), map[string]any{"is_active": true}).Require(200)
		again := n.login(t, "ada")
		again.Post("/api/v1/auth/logout", nil).Require(204)
		again.Post("/api/v1/auth/logout", refreshing(again.RefreshToken)).Require(204) // had ended
		last := n.login(t, "ada")
		last.Post("/api/v1/auth/logout-all", nil).Require(204)

		ended, out, everywhere := phone, sessionOf(t, again.AccessToken), sessionOf(t, last.AccessToken)
		type fact struct {
			actor   ids.ID
			action  string
			target  ids.ID
			details map[string]string
		}
		var facts []fact
		entries := noted(admin)
		for _, e := range entries {
			require.Equal(t, "127.0.0.1", e.IP)
			require.NotEmpty(t, e.RequestID)
			require.WithinDuration(t, time.Now(), e.At, time.Minute)
			require.Equal(t, map[bool]string{true: "user", false: "session"}[*e.TargetID == id], e.TargetType)
			facts = append(facts, fact{*e.ActorID, e.Action, *e.TargetID, e.Details})
		}
		none := map[string]string{}
		require.ElementsMatch(t, []fact{
			{id, "register", id, none},
			{id, "login", session, none},
			{id, "login", phone, none},
			{id, "session_ended", ended, none},
			{id, "password_changed", id, map[string]string{"ended_sessions": "0"}},
			{id, "password_changed", id, map[string]string{"ended_sessions": "0"}},
			{id, "profile_changed", id, map[string]string{"from": "ada", "to": "Countess"}},
			{root, "role_changed", id, map[string]string{"from": "user", "to": "admin"}},
			{root, "role_changed", id, map[string]string{"from": "admin", "to": "user"}},
			{root, "activation_changed", id, map[string]string{"from": "active", "to": "deactivated"}},
			{root, "activation_changed", id, map[string]string{"from": "deactivated", "to": "active"}},
			{id, "login", out, none},
			{id, "logout", out, none},
			{id, "login", everywhere, none},
			{id, "logout_all", id, map[string]string{"ended_sessions": "1"}},
		}, facts)

		a := admin.Get(auditLog+"?action=role_changed&limit=1", "X-Request-Id", "mine").Require(200)
		require.NotContains(t, string(a.Body), "mine", "reading is not noted")
	})
}

func TestFailedLoginsAreNotedThoughTheyFail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.register(t, "ada")
		nobody := n.Anonymous(t)
		nobody.Post("/api/v1/auth/login", loggingIn("ada", "sesame"), "X-Request-Id", "the-first").Require(401)
		nobody.Post("/api/v1/auth/login", loggingIn("eve", "sesame")).Require(401)
		admin.Patch("/api/v1/users/"+ada.ID.String(), map[string]bool{"is_active": false}).Require(200)
		nobody.Post("/api/v1/auth/login", credentials("ada")).Require(403)

		var failed []auditEntry
		for _, e := range noted(admin) {
			if e.Action == "login_failed" {
				require.Nil(t, e.ActorID)
				require.Equal(t, "user", e.TargetType)
				failed = append(failed, e)
			}
		}
		require.Len(t, failed, 3)
		require.Equal(t, map[string]string{"reason": "wrong_password"}, failed[0].Details)
		require.Equal(t, "the-first", failed[0].RequestID)
		require.Equal(t, ada.ID, *failed[0].TargetID)
		require.Equal(t, map[string]string{"reason": "unknown_account"}, failed[1].Details)
		require.Nil(t, failed[1].TargetID)
		require.Equal(t, map[string]string{"reason": "deactivated"}, failed[2].Details)

		body := string(admin.Get(auditLog + "?limit=100").Require(200).Body)
		for _, kept := range []string{"sesame", password, address("eve"), "argon2"} {
			require.NotContains(t, body, kept)
		}
	})
}

func TestAReplayIsNotedAndSoIsARepetitionFromElsewhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		session := sessionOf(t, ada.AccessToken)
		ada.refresh(ada.RefreshToken).Require(200)
		ada.refresh(ada.RefreshToken).Require(200) // as another tab does
		require.Equal(t, []string{"register", "login"}, actions(noted(admin)))

		ada.Post("/api/v1/auth/refresh", refreshing(ada.RefreshToken), "User-Agent", "elsewhere").Require(200)
		n.Exec("UPDATE refresh_tokens SET consumed_at = ? WHERE consumed_at IS NOT NULL", time.Now().Add(-11*time.Second))
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked")
		ada.refresh(ada.RefreshToken).RequireProblem(401, "token_revoked") // the session has ended: nothing new
		entries := noted(admin)[2:]
		require.Equal(t, []string{"refresh_repeated", "refresh_replay"}, actions(entries))
		for _, e := range entries {
			require.Nil(t, e.ActorID, "whoever it was")
			require.Equal(t, session, *e.TargetID)
		}
		require.Equal(t, "elsewhere", entries[0].Details["user_agent"])
	})
}

func TestTheAuditLogIsForAdmins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin, ada := n.admin(t, "root"), n.join(t, "ada")
		ada.Get(auditLog).RequireProblem(403, "forbidden")
		n.Anonymous(t).Get(auditLog).RequireProblem(401, "unauthenticated")

		count := func(query string) int { return len(listed[auditEntry](admin, auditLog+"?"+query+"&")) }
		require.Equal(t, 2, count("actor_id="+ada.ID.String()))
		require.Equal(t, 1, count("action=login&actor_id="+ada.ID.String()))
		require.Zero(t, count("actor_id="+ids.New().String()))
		future := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		require.Zero(t, count("from="+future))
		require.NotZero(t, count("to="+future))
		newestFirst := listed[auditEntry](admin, auditLog+"?")
		require.True(t, slices.IsSortedFunc(newestFirst, func(a, b auditEntry) int { return b.At.Compare(a.At) }))
		for _, bad := range []string{"action=fly", "actor_id=me", "from=now", "sort=at", "x=1", "limit=101"} {
			admin.Get(auditLog+"?"+bad).RequireProblem(422, "validation_failed")
		}
	})
}

// A change and its entry are one: what is refused leaves neither.
func TestWhatIsRefusedIsNotNoted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, n *node) {
		admin := n.admin(t, "root")
		before := n.Count("audit_log")
		admin.Patch(admin.path(), map[string]string{"role": "user"}).RequireProblem(409, "last_admin")
		admin.Patch(admin.path(), map[string]string{"display_name": "R"}, "If-Match", `"7.x"`).Require(412)
		n.Anonymous(t).Post("/api/v1/auth/register", credentials("root")).Require(409)
		require.Equal(t, before, n.Count("audit_log"))
		// But for guesses at the password.
		admin.Post(myPassword, changing("wrong", another)).Require(422)
		require.Equal(t, before+1, n.Count("audit_log"))
		require.EqualValues(t, 1, n.Count("audit_log WHERE action = 'password_refused'"))
	})
}
