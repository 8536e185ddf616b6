package organizations_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/module/moduletest"
	"fasttrack/shared/auth"
	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func TestAMemberFromAdditionToRemoval(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob, cleo := w.User("Ada"), w.User("Bob"), w.User("Cleo")
		acme := w.create(ada, "Acme")
		var made, read member
		answer := ada.Post(acme.members(), body{"email": " " + strings.ToUpper(bob.Email), "role": "member"}).Decode(201, &made)
		require.Equal(t, acme.member(bob), answer.Header.Get("Location"))
		require.Regexp(t, `^"1\.`, answer.ETag())
		require.Equal(t, member{
			UserID: bob.UserID, Email: bob.Email, DisplayName: "Bob", Role: "member", CreatedAt: made.CreatedAt,
		}, made)
		require.Equal(t, []eventbus.Event{
			events.MemberAdded{Membership: acme.membership(bob, "member", 1), ByID: ada.UserID, At: made.CreatedAt},
		}, w.Events())
		again := bob.Get(acme.member(bob)).Decode(200, &read)
		require.Equal(t, made, read)
		require.Equal(t, answer.ETag(), again.ETag())
		ada.Post(acme.members(), body{"user_id": cleo.UserID, "role": "owner"}).Require(201)
		w.ExpectEvents("organizations.member_added")
		require.Equal(t, map[string]string{"Ada": "owner", "Bob": "member", "Cleo": "owner"}, w.roles(bob, acme))

		for _, role := range []string{"member", "owner"} { // what they are is not said anew
			ada.Post(acme.members(), body{"email": bob.Email, "role": role}).RequireProblem(409, "already_member")
		}
		w.ExpectNoEvents()

		answer = ada.Patch(acme.member(bob), body{"role": "admin"}).Decode(200, &read)
		require.Equal(t, "admin", read.Role)
		require.Equal(t, made.CreatedAt, read.CreatedAt)
		require.Regexp(t, `^"2\.`, answer.ETag())
		changed := w.ExpectEvents("organizations.member_changed")[0].(events.MemberChanged)
		require.Equal(t, events.MemberChanged{
			Membership: acme.membership(bob, "admin", 2), ByID: ada.UserID, At: changed.At,
		}, changed)

		ada.Delete(acme.member(bob)).Require(204)
		removed := w.ExpectEvents("organizations.member_removed")[0].(events.MemberRemoved)
		require.Equal(t, events.MemberRemoved{
			Membership: acme.membership(bob, "admin", 3), ByID: ada.UserID, At: removed.At,
		}, removed)
		bob.Get(acme.path()).RequireProblem(404, "not_found")
		ada.Get(acme.member(bob)).RequireProblem(404, "not_found")
		ada.Patch(acme.member(bob), body{}).RequireProblem(404, "not_found")
		ada.Delete(acme.member(bob)).RequireProblem(404, "not_found")
		ada.Post(acme.members(), body{"email": bob.Email, "role": "member"}).Require(201) // may come back
	})
}

func TestOnlyActiveUsersAreAdded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		acme := w.create(ada, "Acme")
		w.Publish(moduletest.Deactivated(bob.User))
		for _, c := range []struct {
			who   body
			where string
		}{
			{body{"email": bob.Email}, "body.email"},
			{body{"email": "nobody@example.com"}, "body.email"},
			{body{"email": "nonsense"}, "body.email"},
			{body{"user_id": bob.UserID}, "body.user_id"},
			{body{"user_id": ids.New()}, "body.user_id"},
		} {
			c.who["role"] = "member"
			answer := ada.Post(acme.members(), c.who).RequireProblem(422, "validation_failed")
			require.Equal(t, []string{c.where}, answer.Locations())
		}
		w.ExpectNoEvents()

		// The address counts that somebody has now.
		moved := bob.User
		moved.Email, moved.Version = "robert@example.org", 3
		w.Publish(events.UserChanged{User: moved, At: moduletest.Start})
		ada.Post(acme.members(), body{"email": bob.Email, "role": "member"}).RequireProblem(422, "validation_failed")
		var made member
		ada.Post(acme.members(), body{"email": moved.Email, "role": "member"}).Decode(201, &made)
		require.Equal(t, bob.UserID, made.UserID)
		require.Equal(t, moved.Email, made.Email)
	})
}

// What each may do to whom. Whoever is not in the organisation is told that there is none.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		second := w.User("Olga")
		w.add(x.owner, x.organization, second, "owner")
		newcomer := func(role string) body { return body{"email": w.User(ids.New().String()).Email, "role": role} }
		w.Events()
		everybody := []struct {
			name string
			who  person
		}{{"owner", x.owner}, {"admin", x.admin}, {"member", x.reader}, {"stranger", x.stranger}, {"root", x.root}}
		for _, c := range []struct {
			what string
			do   func(who person) int
			want [5]int // in the order of everybody
		}{
			{"read", func(who person) int { return who.Get(x.path()).Status }, [5]int{200, 200, 200, 404, 200}},
			{"list members", func(who person) int { return who.Get(x.members()).Status }, [5]int{200, 200, 200, 404, 200}},
			{"read a member", func(who person) int { return who.Get(x.member(x.owner)).Status }, [5]int{200, 200, 200, 404, 200}},
			{"list all", func(who person) int { return who.Get(organizationsPath + "?scope=all").Status }, [5]int{403, 403, 403, 403, 200}},
			{"change", func(who person) int { return who.Patch(x.path(), body{"name": ids.New().String()}).Status }, [5]int{200, 403, 403, 404, 200}},
			{"change nothing", func(who person) int { return who.Patch(x.path(), body{}).Status }, [5]int{200, 403, 403, 404, 200}},
			{"add a member", func(who person) int { return who.Post(x.members(), newcomer("member")).Status }, [5]int{201, 201, 403, 404, 201}},
			{"add an admin", func(who person) int { return who.Post(x.members(), newcomer("admin")).Status }, [5]int{201, 201, 403, 404, 201}},
			{"add an owner", func(who person) int { return who.Post(x.members(), newcomer("owner")).Status }, [5]int{201, 403, 403, 404, 201}},
			{"make a member an admin", func(who person) int { return w.onSomebody(x, who, "member", body{"role": "admin"}) }, [5]int{200, 200, 403, 404, 200}},
			{"make an admin a member", func(who person) int { return w.onSomebody(x, who, "admin", body{"role": "member"}) }, [5]int{200, 200, 403, 404, 200}},
			{"make a member an owner", func(who person) int { return w.onSomebody(x, who, "member", body{"role": "owner"}) }, [5]int{200, 403, 403, 404, 200}},
			{"make an owner a member", func(who person) int { return w.onSomebody(x, who, "owner", body{"role": "member"}) }, [5]int{200, 403, 403, 404, 200}},
			{"leave an owner one", func(who person) int { return w.onSomebody(x, who, "owner", body{"role": "owner"}) }, [5]int{200, 403, 403, 404, 200}},
			{"change nothing of an owner", func(who person) int { return w.onSomebody(x, who, "owner", body{}) }, [5]int{200, 403, 403, 404, 200}},
			{"remove a member", func(who person) int { return w.onSomebody(x, who, "member", nil) }, [5]int{204, 204, 403, 404, 204}},
			{"remove an admin", func(who person) int { return w.onSomebody(x, who, "admin", nil) }, [5]int{204, 204, 403, 404, 204}},
			{"remove an owner", func(who person) int { return w.onSomebody(x, who, "owner", nil) }, [5]int{204, 403, 403, 404, 204}},
		} {
			for i, e := range everybody {
				w.Events()
				status := c.do(e.who)
				require.Equal(t, c.want[i], status, "%s: %s", e.name, c.what)
				if status >= 300 {
					w.ExpectNoEvents()
				}
			}
		}
		require.Equal(t, "owner", w.roles(x.root, x.organization)["Owen"])
		for i, who := range []person{x.stranger, x.reader, x.admin, x.root} {
			require.Equal(t, []int{404, 403, 403, 204}[i], who.Delete(x.path()).Status)
		}
	})
}

// onSomebody has a newcomer with the role changed (or, without a body, removed) by who.
func (w *world) onSomebody(x team, who person, role string, b body) int {
	w.t.Helper()
	somebody := w.User(ids.New().String())
	w.add(x.owner, x.organization, somebody, role)
	if b == nil {
		return who.Delete(x.member(somebody)).Status
	}
	return who.Patch(x.member(somebody), b).Status
}

func TestEverybodyMayLeaveButTheLastOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		for _, who := range []person{x.reader, x.admin} {
			who.Delete(x.member(who)).Require(204)
			left := w.ExpectEvents("organizations.member_removed")[0].(events.MemberRemoved)
			require.Equal(t, who.UserID, left.ByID)
			require.Equal(t, who.UserID, left.UserID)
			who.Get(x.path()).RequireProblem(404, "not_found")
		}
		for _, who := range []person{x.owner, x.root} {
			who.Delete(x.member(x.owner)).RequireProblem(409, "last_owner")
			who.Patch(x.member(x.owner), body{"role": "admin"}).RequireProblem(409, "last_owner")
		}
		w.ExpectNoEvents()

		// An owner who cannot log in is one nevertheless.
		w.add(x.owner, x.organization, x.stranger, "owner")
		w.Publish(moduletest.Deactivated(x.stranger.User))
		x.owner.Delete(x.member(x.owner)).Require(204)
		x.root.Delete(x.member(x.stranger)).RequireProblem(409, "last_owner")
		x.root.Post(x.members(), body{"email": x.admin.Email, "role": "owner"}).Require(201)
		x.root.Delete(x.member(x.stranger)).Require(204)
	})
}

// A change of a role, and the loss of one, count from the next request on.
func TestRolesActOnTheNextRequest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		x.owner.Patch(x.member(x.reader), body{"role": "owner"}).Require(200)
		x.reader.Patch(x.path(), body{"name": "Mine"}).Require(200)
		x.reader.Patch(x.member(x.owner), body{"role": "member"}).Require(200)
		x.owner.Patch(x.path(), body{"name": "Mine"}).RequireProblem(403, "forbidden")
		x.reader.Delete(x.member(x.owner)).Require(204)
		x.owner.Get(x.path()).RequireProblem(404, "not_found")

		x.root.Patch(x.path(), body{"name": "Theirs"}).Require(200)
		w.Tokens.SetRole(x.root.UserID, auth.RoleUser)
		x.root.Get(x.path()).RequireProblem(404, "not_found")
		x.root.Patch(x.path(), body{"name": "Theirs"}).RequireProblem(404, "not_found")
		x.root.Get(organizationsPath+"?scope=all").RequireProblem(403, "forbidden")
	})
}

// What only being a system admin allowed is said to be so; what a role of the organisation allowed as well is not.
func TestWhatIsDoneAsAdminIsSaid(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		asAdmin := func() (all []bool) {
			for _, e := range w.Events() {
				switch e := e.(type) {
				case events.OrganizationChanged:
					all = append(all, e.AsAdmin)
				case events.OrganizationDeleted:
					all = append(all, e.AsAdmin)
				case events.MemberAdded:
					all = append(all, e.AsAdmin)
				case events.MemberChanged:
					all = append(all, e.AsAdmin)
				case events.MemberRemoved:
					all = append(all, e.AsAdmin)
				}
			}
			return all
		}
		work := func(who person) {
			somebody := w.User(ids.New().String())
			who.Patch(x.path(), body{"name": ids.New().String()}).Require(200)
			who.Post(x.members(), body{"user_id": somebody.UserID, "role": "member"}).Require(201)
			who.Patch(x.member(somebody), body{"role": "owner"}).Require(200)
			who.Delete(x.member(somebody)).Require(204)
		}
		work(x.root)
		require.Equal(t, []bool{true, true, true, true}, asAdmin())
		work(x.owner)
		require.Equal(t, []bool{false, false, false, false}, asAdmin())

		var seen organization
		x.root.Get(x.path()).Decode(200, &seen)
		require.Equal(t, "owner", seen.Role, "as which they act")
		w.add(x.owner, x.organization, x.root, "admin")
		x.root.Get(x.path()).Decode(200, &seen)
		require.Equal(t, "admin", seen.Role)
		work(x.root) // an admin may add members; the rest is for owners
		require.Equal(t, []bool{true, false, true, true}, asAdmin())
		x.root.Delete(x.member(x.root)).Require(204) // they leave, as anybody may
		require.Equal(t, []bool{false}, asAdmin())
		own := w.create(x.root, "Own")
		x.root.Delete(own.path()).Require(204)
		require.Equal(t, []bool{false}, asAdmin())
		x.root.Delete(x.path()).Require(204)
		require.Equal(t, []bool{true}, asAdmin())
	})
}

// TestNobodyIsLookedForWhomTheCallerMayNotAdd: otherwise a lock, or the time that the answer takes, would tell strangers
// who has an account.
func TestNobodyIsLookedForWhomTheCallerMayNotAdd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		acme := w.team()
		bob := w.User("Bob")
		for _, c := range []struct {
			by     person
			role   string
			status int
		}{
			{acme.stranger, "member", 404}, {acme.reader, "member", 403}, {acme.admin, "owner", 403}, {acme.admin, "admin", 201},
		} {
			statements := strings.Join(w.Statements(func() {
				c.by.Post(acme.members(), body{"email": bob.Email, "role": c.role}).Require(c.status)
			}), "\n")
			if c.status == 201 {
				require.Contains(t, statements, "organization_users")
			} else {
				require.NotContains(t, statements, "organization_users")
			}
		}
	})
}
