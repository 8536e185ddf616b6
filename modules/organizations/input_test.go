package organizations_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

// odd is no text at all.
var odd = []string{`1`, `1.5`, `true`, `null`, `{}`, `[]`, `["a"]`}

// refusedMembers are values that are refused, by the name of the member, on POST as on PATCH.
func refusedMembers() map[string][]string {
	return map[string][]string{
		"name": append([]string{
			`""`, `"  \n "`, `"a\u0000b"`, `"\u200b\u3164"`, `"\u0301"`, `"a\u001bb"`, `"` + strings.Repeat("ä", 201) + `"`,
		}, odd...),
		"slug": append([]string{
			`""`, `" "`, `"-"`, `"-a"`, `"a-"`, `"A"`, `"a b"`, `"a_b"`, `"a.b"`, `"ä"`, `"a\u0000"`, `"a\n-b"`, `"a/b"`,
			`"` + strings.Repeat("a", 64) + `"`,
		}, odd...),
		"id":         {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"Name":       {`"Acme"`},
		"role":       {`"owner"`},
		"owner_id":   {`"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"`},
		"version":    {`7`},
		"created_at": {`"2026-05-01T12:00:00Z"`},
		"x":          {`1`, `null`},
	}
}

func TestMembersOfABodyThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		made := w.create(ada, "Acme")
		before := ada.Get(made.path()).ETag()
		refused := refusedMembers()
		for _, name := range slices.Sorted(maps.Keys(refused)) {
			for _, value := range refused[name] {
				alone := fmt.Sprintf(`{%q: %s}`, name, value)
				whole := alone
				if name != "name" {
					whole = fmt.Sprintf(`{"name": "Acme", %q: %s}`, name, value)
				}
				for _, answer := range []interface{ Locations() []string }{
					ada.Post(organizationsPath, whole).RequireProblem(422, "validation_failed"),
					ada.Patch(made.path(), alone).RequireProblem(422, "validation_failed"),
				} {
					require.Equal(t, []string{"body." + name}, answer.Locations(), "%s: %.80s", name, value)
				}
			}
		}
		ada.Post(organizationsPath, `{}`).RequireProblem(422, "validation_failed")
		locations := ada.Post(organizationsPath, body{"name": " ", "slug": "A"}).
			RequireProblem(422, "validation_failed").Locations()
		require.Equal(t, []string{"body.name", "body.slug"}, locations, "all that is wrong is told at once")
		require.Equal(t, before, ada.Get(made.path()).ETag())
		require.EqualValues(t, 1, w.Count("organizations"))
		w.ExpectNoEvents()
	})
}

func TestInvitationsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada, bob := w.User("Ada"), w.User("Bob")
		made := w.create(ada, "Acme")
		id := `"` + bob.UserID.String() + `"`
		for sent, where := range map[string]string{
			`{"role":"member"}`: "body.email",
			`{"role":"member","email":"Bob@example.com","user_id":` + id + `}`: "body.user_id",
			`{"email":"Bob@example.com"}`:                                      "body.role",
			`{"email":"Bob@example.com","role":"Owner"}`:                       "body.role",
			`{"email":"Bob@example.com","role":""}`:                            "body.role",
			`{"email":"Bob@example.com","role":null}`:                          "body.role",
			`{"email":"Bob@example.com","role":"user"}`:                        "body.role",
			`{"email":"","role":"member"}`:                                     "body.email",
			`{"email":null,"role":"member"}`:                                   "body.email",
			`{"email":"a\u0000@example.com","role":"member"}`:                  "body.email",
			`{"email":["Bob@example.com"],"role":"member"}`:                    "body.email",
			`{"email":"` + strings.Repeat("a", 300) + `","role":"member"}`:     "body.email",
			`{"user_id":"x","role":"member"}`:                                  "body.user_id",
			`{"user_id":null,"role":"member"}`:                                 "body.user_id",
			`{"user_id":` + strings.ToUpper(id) + `,"role":"member"}`:          "body.user_id",
			`{"user_id":` + id + `,"role":"member","version":1}`:               "body.version",
		} {
			answer := ada.Post(made.members(), sent).RequireProblem(422, "validation_failed")
			require.Equal(t, []string{where}, answer.Locations(), sent)
		}
		for sent, where := range map[string]string{
			`{"role":"Owner"}`: "body.role", `{"role":null}`: "body.role", `{"role":1}`: "body.role", `{"email":"a@b.de"}`: "body.email",
			`{"user_id":` + id + `}`: "body.user_id", `{"created_at":"2026-05-01T12:00:00Z"}`: "body.created_at",
		} {
			answer := ada.Patch(made.member(ada), sent).RequireProblem(422, "validation_failed")
			require.Equal(t, []string{where}, answer.Locations(), sent)
		}
		require.EqualValues(t, 1, w.Count("organization_members"))
		w.ExpectNoEvents()
	})
}

func TestParametersThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		made := w.create(ada, "Acme")
		for path, parameters := range map[string]map[string][]string{
			organizationsPath: {
				"limit": {"0", "101", "x", ""}, "sort": {"id", "", "slug", "NAME"}, "scope": {"mine", "", "All"}, "cursor": {"", "!"},
				"q": {strings.Repeat("a", 201), "%00"}, "role": {"owner"}, "offset": {"1"},
			},
			made.members(): {
				"limit": {"0", "101"}, "sort": {"name", "role", ""}, "role": {"", "Owner", "user"}, "q": {"a"}, "cursor": {"ä"},
			},
		} {
			for name, values := range parameters {
				for _, value := range values {
					answer := ada.Get(path+"?"+name+"="+value).RequireProblem(422, "validation_failed")
					require.Equal(t, []string{"query." + name}, answer.Locations(), "%s=%s", name, value)
				}
			}
		}
		for _, id := range []string{"x", "%00", "acme", "me", strings.ReplaceAll(made.ID.String(), "-", "")} {
			for path, where := range map[string]string{
				organizationsPath + "/" + id:                                     "path.id",
				made.members() + "/" + id:                                        "path.user_id",
				organizationsPath + "/" + id + "/members/" + ada.UserID.String(): "path.id",
			} {
				for _, answer := range []interface{ Locations() []string }{
					ada.Get(path).RequireProblem(422, "validation_failed"),
					ada.Patch(path, body{}).RequireProblem(422, "validation_failed"),
					ada.Delete(path).RequireProblem(422, "validation_failed"),
				} {
					require.Equal(t, []string{where}, answer.Locations(), path)
				}
			}
		}
		ada.Get(organizationsPath+"/"+ids.Nil.String()).RequireProblem(404, "not_found")
		ada.Do("PUT", made.path(), body{}).Require(405)
		w.ExpectNoEvents()
	})
}

func TestNamesAreKeptAsTheyAreSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		for sent, kept := range map[string]string{
			"  Acme \r\n":                  "Acme",
			"<b>'; DROP TABLE projects;--": "<b>'; DROP TABLE projects;--",
			"日本 🌱 é %s ${x}":               "日本 🌱 é %s ${x}",
			strings.Repeat("🌱", 200):       strings.Repeat("🌱", 200),
		} {
			var made, read organization
			ada.Post(organizationsPath, body{"name": sent}).Decode(201, &made)
			require.Equal(t, kept, made.Name)
			require.Regexp(t, `^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`, made.Slug)
			require.LessOrEqual(t, len(made.Slug), 63)
			ada.Get(made.path()).Decode(200, &read)
			require.Equal(t, made, read)
		}
	})
}
