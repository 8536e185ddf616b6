package httpserver_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/auth"
)

// The rule: a body that two programs could read in two ways is refused, with the place, whatever route it is sent to.
func TestABodySaysOneThing(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	const path = "/api/v1/odd/x"
	for body, location := range map[string]string{
		`{"name":"a","name":"b"}`:                        "body.name",
		`{"name":"a","n\u0061me":"a"}`:                   "body.name",
		`{"name":"a","tags":[],"x":{"y":1,"z":2,"y":1}}`: "body.x.y",
		`{"name":"a","tags":["a",{"b":1,"b":1}]}`:        "body.tags[1].b",
		`{"name":"a","":1,"":2}`:                         "body.",
		`{"name":"\ud800"}`:                              "body.name",
		`{"name":"\udc00"}`:                              "body.name",
		`{"name":"x\uD83D\uD83D"}`:                       "body.name",
		`{"name":"\uDBFFx"}`:                             "body.name",
		`{"name":"\ud800\n"}`:                            "body.name",
		`{"name":"a","tags":["\ud83d\ude00","\udfff"]}`:  "body.tags[1]",
		`{"name":"a","\ud800":1}`:                        "body.\ufffd",
		`{"name":"a","nested":{"deep":"\\\ud800"}}`:      "body.nested.deep",
		`{"name":"a"} x`:                                 "body",
		`{"name":"a"}{"name":"b"}`:                       "body",
		"\ufeff" + `{"name":"a"}`:                        "body",
		`{"name":"` + "\xff" + `"}`:                      "body",
		`{"name":"` + "\xed\xa0\x80" + `"}`:              "body", // a surrogate, as UTF-8 does not have it
		`{"name":"` + "\x00" + `"}`:                      "body",
		`{"name":"a","size":1e400}`:                      "body",
		`{"name":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`: "body",
		`{"name":` + strings.Repeat("[", 20_000):                               "body",
		strings.Repeat(`{"name":`, 20_000):                                     "body",
		`{"name":"a",}`:                                                        "body",
		`{'name':"a"}`:                                                         "body",
		`{"name":NaN}`:                                                         "body",
		`{"name":"a"}//`:                                                       "body",
	} {
		a := user.Post(path, body).RequireProblem(400, "malformed")
		require.Equal(t, []string{location}, a.Locations(), "%.80q", body)
		require.NotContains(t, string(a.Body), "ude00")
	}
	for _, good := range []string{
		`{"name":"\ud83d\ude00 \\ud800 \u00e4 \"name\" {[,:"}`, ` {"name" : "a" , "tags" : [ "name" , "name" ] } `,
		`{"nested":{"deep":"a"},"name":"b"}`,
	} {
		user.Post(path, good).Require(200)
	}
}

// Whatever is valid and has each member once is taken; and what is said of a body does not depend on its white space.
func TestWhatIsStrictIsTaken(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	rapid.Check(t, func(t *rapid.T) {
		body := map[string]any{
			"name":   rapid.String().Draw(t, "name"),
			"tags":   rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "tags"),
			"nested": map[string]any{"deep": rapid.String().Draw(t, "deep")},
		}
		var sent []byte
		var err error
		if rapid.Bool().Draw(t, "indented") {
			sent, err = json.MarshalIndent(body, "", "\t")
		} else {
			sent, err = json.Marshal(body)
		}
		require.NoError(t, err)
		user.Post("/api/v1/odd/x", string(sent)).Require(200)
		twice := strings.Replace(string(sent), `"nested":`, `"nest\u0065d": {"deep":"x"}, "nested":`, 1)
		require.Equal(t, []string{"body.nested"}, user.Post("/api/v1/odd/x", twice).RequireProblem(400, "malformed").Locations())
	})
}

// No parameter of a path holds a slash, and one that is written %2F is not one that separates.
func TestAnEncodedSlashIsNoSlash(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	user.Get("/api/v1/notes").Require(200)
	user.Get("/api/v1/%6eotes").Require(200)
	for _, path := range []string{"/api%2fv1/notes", "/api/v1%2Fnotes", "/api/v1/notes%2f" + someID, "/api/v1/notes/%2F", "/health%2f"} {
		user.Get(path).RequireProblem(404, "not_found")
	}
}
