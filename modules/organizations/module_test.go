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

func TestAnOrganisationFromCreationToDeletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		var made organization
		answer := ada.Post(organizationsPath, body{"name": " Acme\r\n", "slug": "acme-1"}).Decode(201, &made)
		require.Equal(t, made.path(), answer.Header.Get("Location"))
		require.Regexp(t, `^"1\.`, answer.ETag())
		require.Equal(t, organization{
			ID: made.ID, Name: "Acme", Slug: "acme-1", Role: "owner", CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}, made)
		require.Equal(t, []eventbus.Event{
			events.OrganizationCreated{Organization: made.asEvent(1), ByID: ada.UserID, At: made.CreatedAt},
			events.MemberAdded{Membership: made.membership(ada, "owner", 1), ByID: ada.UserID, At: made.CreatedAt},
		}, w.Events())

		var read organization
		again := ada.Get(made.path()).Decode(200, &read)
		require.Equal(t, made, read)
		require.Equal(t, answer.ETag(), again.ETag())
		ada.Get(made.path(), "If-None-Match", again.ETag()).Require(304)

		var changed organization
		answer = ada.Patch(made.path(), body{"name": "Acme & Sons", "slug": "acme-sons"}).Decode(200, &changed)
		require.Regexp(t, `^"2\.`, answer.ETag())
		require.Equal(t, "Acme & Sons", changed.Name)
		require.Equal(t, "acme-sons", changed.Slug)
		require.True(t, changed.UpdatedAt.After(made.UpdatedAt))
		require.Equal(t, []eventbus.Event{
			events.OrganizationChanged{Organization: changed.asEvent(2), ByID: ada.UserID, At: changed.UpdatedAt},
		}, w.Events())

		w.add(ada, made, bob, "member")
		ada.Delete(made.path()).Require(204)
		gone := w.ExpectEvents("organizations.organization_deleted")[0].(events.OrganizationDeleted) // and none per member
		require.Equal(t, events.OrganizationDeleted{OrganizationID: made.ID, ByID: ada.UserID, At: gone.At}, gone)
		for _, who := range []person{ada, bob} {
			who.Get(made.path()).RequireProblem(404, "not_found")
			who.Get(made.members()).RequireProblem(404, "not_found")
			who.Get(made.member(who)).RequireProblem(404, "not_found")
			who.Delete(made.member(who)).RequireProblem(404, "not_found")
			who.Delete(made.path()).RequireProblem(404, "not_found")
		}
		require.Zero(t, w.Count("organization_members"))
		require.Zero(t, w.Count("organizations"))
		w.ExpectNoEvents()
		ada.Post(organizationsPath, body{"name": "Heirs", "slug": "acme-sons"}).Require(201) // it is free again
	})
}

func TestASlugIsUnique(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		slugOf := func(who person, b body) string {
			t.Helper()
			var made organization
			who.Post(organizationsPath, b).Decode(201, &made)
			return made.Slug
		}
		require.Equal(t, "muller-sohne", slugOf(ada, body{"name": "Müller & Söhne"}))
		require.Regexp(t, `^muller-sohne-[0-9a-f]{6}$`, slugOf(bob, body{"name": "Muller Sohne"}))
		require.Regexp(t, `^muller-sohne-[0-9a-f]{6}$`, slugOf(bob, body{"name": "Müller, Söhne!"}))
		require.Equal(t, "organization", slugOf(ada, body{"name": "日本"}))
		require.Regexp(t, `^organization-[0-9a-f]{6}$`, slugOf(ada, body{"name": "🌱"}))
		require.Equal(t, strings.Repeat("a", 63), slugOf(ada, body{"name": strings.Repeat("a", 200)}))
		require.Regexp(t, `^a{56}-[0-9a-f]{6}$`, slugOf(ada, body{"name": strings.Repeat("a", 199)}))

		before := w.Count("organizations")
		w.Events()
		bob.Post(organizationsPath, body{"name": "Mine", "slug": "muller-sohne"}).RequireProblem(409, "slug_taken")
		require.Equal(t, before, w.Count("organizations"))
		mine := w.create(bob, "Mine")
		bob.Patch(mine.path(), body{"slug": "muller-sohne"}).RequireProblem(409, "slug_taken")
		bob.Patch(mine.path(), body{"slug": "mine"}).Require(200) // its own
		w.ExpectNoEvents()
		bob.Patch(mine.path(), body{"slug": "ours"}).Require(200)
		bob.Post(organizationsPath, body{"name": "Mine"}).Require(201)
	})
}

func TestAChangeThatChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		made := w.create(ada, "Acme")
		before := ada.Get(made.path())
		for _, b := range []body{{}, {"name": "Acme"}, {"name": "  Acme ", "slug": " acme "}} {
			answer := ada.Patch(made.path(), b).Require(200)
			require.Equal(t, before.ETag(), answer.ETag())
			require.JSONEq(t, string(before.Body), string(answer.Body))
		}
		answer := ada.Patch(made.member(ada), body{}).Require(200)
		require.Equal(t, ada.Get(made.member(ada)).ETag(), answer.ETag())
		ada.Patch(made.member(ada), body{"role": "owner"}).Require(200) // the last one, who stays one
		w.ExpectNoEvents()
	})
}

func TestEntityTags(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		for _, c := range []struct {
			path  string
			one   body
			other body
		}{
			{x.path(), body{"name": "Park"}, body{"name": "Yard"}},
			{x.member(x.reader), body{"role": "admin"}, body{"role": "member"}},
		} {
			first := x.owner.Get(c.path).ETag()
			x.owner.Get(c.path, "If-None-Match", first).Require(304)
			second := x.owner.Patch(c.path, c.one, "If-Match", first).Require(200).ETag()
			require.Regexp(t, `^"2\.`, second)
			require.Equal(t, second, x.owner.Get(c.path).ETag())
			w.Events()
			for _, stale := range []string{first, "W/" + second, `"2"`, `"x"`, second + "x"} {
				x.owner.Patch(c.path, c.other, "If-Match", stale).RequireProblem(412, "precondition_failed")
				x.owner.Patch(c.path, body{}, "If-Match", stale).RequireProblem(412, "precondition_failed")
				x.owner.Delete(c.path, "If-Match", stale).RequireProblem(412, "precondition_failed")
			}
			w.ExpectNoEvents()
			x.owner.Patch(c.path, c.other, "If-Match", "*").Require(200)
		}
		x.owner.Delete(x.member(x.reader), "If-Match", `"3.x"`).Require(204)
		x.owner.Delete(x.path(), "If-Match", `"7.x", "3.whatever"`).Require(204)
	})
}

// 401, 422, 404, 403, 409, 412: of several reasons the first is told.
func TestTheOrderOfChecks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		w.create(x.owner, "Taken")
		w.Events()
		stale := []string{"If-Match", `"7.x"`}

		x.stranger.Patch(x.path(), body{"name": ""}, stale...).RequireProblem(422, "validation_failed")
		x.stranger.Patch(x.path(), body{"slug": "taken"}, stale...).RequireProblem(404, "not_found")
		x.reader.Patch(x.path(), body{"slug": "taken"}, stale...).RequireProblem(403, "forbidden")
		x.owner.Patch(x.path(), body{"slug": "taken"}, stale...).RequireProblem(409, "slug_taken")
		x.owner.Patch(x.path(), body{"slug": "free"}, stale...).RequireProblem(412, "precondition_failed")

		nobody := body{"email": "nobody@example.com", "role": "member"}
		x.stranger.Post(x.members(), nobody).RequireProblem(404, "not_found")
		x.reader.Post(x.members(), nobody).RequireProblem(403, "forbidden") // and is not told who has an account
		x.owner.Post(x.members(), nobody).RequireProblem(422, "validation_failed")

		x.stranger.Delete(x.member(x.owner), stale...).RequireProblem(404, "not_found")
		x.reader.Patch(x.member(x.stranger), body{"role": "member"}, stale...).RequireProblem(404, "not_found")
		x.reader.Delete(x.member(x.owner), stale...).RequireProblem(403, "forbidden")
		x.owner.Delete(x.member(x.owner), stale...).RequireProblem(409, "last_owner")
		x.owner.Patch(x.member(x.owner), body{"role": "member"}, stale...).RequireProblem(409, "last_owner")
		x.owner.Delete(x.member(x.reader), stale...).RequireProblem(412, "precondition_failed")
		x.stranger.Get(organizationsPath+"?scope=all&sort=slug").RequireProblem(422, "validation_failed")
		x.stranger.Get(organizationsPath+"?scope=all").RequireProblem(403, "forbidden")
		w.ExpectNoEvents()
	})
}

func TestEveryRouteNeedsAToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, nobody := w.User("Ada"), w.Anonymous(t)
		made := w.create(ada, "Acme")
		for _, path := range []string{made.path(), made.member(ada), organizationsPath + "/nonsense"} {
			nobody.Get(path).RequireProblem(401, "unauthenticated")
			nobody.Patch(path, "{").RequireProblem(401, "unauthenticated")
			nobody.Delete(path).RequireProblem(401, "unauthenticated")
		}
		for _, path := range []string{organizationsPath, made.members()} {
			nobody.Get(path+"?limit=x").RequireProblem(401, "unauthenticated")
			nobody.Post(path, "{").RequireProblem(401, "unauthenticated")
		}
		w.ExpectNoEvents()
	})
}

// A token that outlived its user, as after a backup was restored, makes nothing.
func TestWhoIsNotThereCannotBeAnOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.LogIn(t, auth.RoleUser).Post(organizationsPath, body{"name": "Acme"}).RequireProblem(401, "unauthenticated")
		ada := w.User("Ada")
		w.Publish(moduletest.Deactivated(ada.User))
		ada.Post(organizationsPath, body{"name": "Acme"}).RequireProblem(401, "unauthenticated")
		require.Zero(t, w.Count("organizations"))
		w.ExpectNoEvents()
	})
}

// Each request and how many statements it takes, beside BEGIN and COMMIT.
func TestStatements(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		x := w.team()
		newcomer := w.User("New")
		for _, c := range []struct {
			name  string
			count int
			send  func()
		}{
			{"read", 1, func() { x.reader.Get(x.path()).Require(200) }},
			{"read what is not there", 1, func() { x.stranger.Get(x.path()).Require(404) }},
			{"page", 1, func() { x.reader.Get(organizationsPath).Require(200) }},
			{"page of all", 1, func() { x.root.Get(organizationsPath + "?scope=all").Require(200) }},
			{"page of all, refused", 0, func() { x.reader.Get(organizationsPath + "?scope=all").Require(403) }},
			{"page of members", 1, func() { x.reader.Get(x.members()).Require(200) }},
			{"page of members, hidden", 2, func() { x.stranger.Get(x.members()).Require(404) }},
			{"read a member", 1, func() { x.reader.Get(x.member(x.owner)).Require(200) }},
			{"create", 3, func() { x.owner.Post(organizationsPath, body{"name": "Park"}).Require(201) }},
			{"create, slug taken", 4, func() { x.owner.Post(organizationsPath, body{"name": "Park"}).Require(201) }},
			{"rename", 3, func() { x.owner.Patch(x.path(), body{"name": "Yard"}).Require(200) }},
			{"change the slug", 4, func() { x.owner.Patch(x.path(), body{"slug": "yard"}).Require(200) }},
			{"add a member, hidden", 1, func() {
				x.stranger.Post(x.members(), body{"user_id": newcomer.UserID, "role": "member"}).Require(404)
			}},
			{"add a member", 5, func() {
				x.owner.Post(x.members(), body{"user_id": newcomer.UserID, "role": "member"}).Require(201)
			}},
			{"change a member", 3, func() { x.owner.Patch(x.member(newcomer), body{"role": "admin"}).Require(200) }},
			{"remove a member", 3, func() { x.owner.Delete(x.member(newcomer)).Require(204) }},
			{"delete", 4, func() { x.owner.Delete(x.path()).Require(204) }},
		} {
			statements := w.Statements(c.send)
			require.Len(t, statements, c.count, "%s:\n%s", c.name, strings.Join(statements, "\n"))
		}
	})
}

func TestNothingIsThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		missing := organization{ID: ids.New()}
		ada.Get(missing.path()).RequireProblem(404, "not_found")
		ada.Get(missing.members()).RequireProblem(404, "not_found")
		ada.Get(missing.member(ada)).RequireProblem(404, "not_found")
		root := w.Admin("Root")
		for _, answer := range []interface{ Locations() []string }{
			root.Get(missing.path()).RequireProblem(404, "not_found"),
			root.Get(missing.members()).RequireProblem(404, "not_found"),
			root.Post(missing.members(), body{"user_id": ada.UserID, "role": "member"}).RequireProblem(404, "not_found"),
			root.Patch(missing.member(ada), body{}).RequireProblem(404, "not_found"),
			root.Delete(missing.member(ada)).RequireProblem(404, "not_found"),
			root.Patch(missing.path(), body{}).RequireProblem(404, "not_found"),
			root.Delete(missing.path()).RequireProblem(404, "not_found"),
		} {
			require.Empty(t, answer.Locations())
		}
	})
}
