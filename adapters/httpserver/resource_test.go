package httpserver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/shared/auth"
	"fasttrack/shared/precondition"
)

func TestResource(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	created := user.Post("/api/v1/notes", `{"text":"<a> & b"}`).Require(201)
	path := created.Header.Get("Location")
	tag := created.ETag()

	t.Run("the tag is version and digest of what is sent", func(t *testing.T) {
		got := user.Get(path).Require(200)
		require.Equal(t, tag, got.ETag())
		require.Equal(t, created.Body, got.Body)
		sum := sha256.Sum256(got.Body)
		require.Equal(t, `"1.`+base64.RawURLEncoding.EncodeToString(sum[:])[:11]+`"`, tag)
		require.Equal(t, "private, no-cache", got.Header.Get("Cache-Control"))
		require.Contains(t, string(got.Body), "<a> & b")
		require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	})
	t.Run("times have six decimals, and what may be missing is null", func(t *testing.T) {
		var shown map[string]any
		require.NoError(t, json.Unmarshal(created.Body, &shown))
		require.Equal(t, "2026-01-31T12:00:00.000000Z", shown["updated_at"])
		require.Contains(t, shown, "due_at")
		require.Nil(t, shown["due_at"])
	})
	t.Run("If-None-Match", func(t *testing.T) {
		for value, status := range map[string]int{
			tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304,
			`"1.other"`: 200, strings.Trim(tag, `"`): 200, "": 200,
		} {
			got := user.Get(path, "If-None-Match", value).Require(status)
			require.Equal(t, tag, got.ETag(), "a 304 has the tag too")
			require.Equal(t, status == 304, len(got.Body) == 0)
		}
		user.Post("/api/v1/notes", `{"text":"x"}`, "If-None-Match", "*").Require(201)
	})
	t.Run("HEAD is GET without a body", func(t *testing.T) {
		got := user.Do(http.MethodHead, path, nil).Require(200)
		require.Empty(t, got.Body)
		require.Equal(t, tag, got.ETag())
		user.Do(http.MethodHead, path, nil, "If-None-Match", tag).Require(304)
		user.Do(http.MethodHead, "/api/v1/notes/"+someID, nil).Require(404)
	})
	t.Run("If-Match", func(t *testing.T) {
		for _, stale := range []string{
			`"2.x"`, `"0.x"`, `"01.x"`, `"-1.x"`, `"1"`, `"1."`, `W/` + tag, `"99999999999999999999.x"`, `""`, `"a,1.x"`,
			`,"2.x",, W/"1.x"` + "\t,",
			// Nothing that can be read, so nothing that can be met.
			"1", "nonsense", "*, *", `*, ` + tag, tag + ", *", strings.Trim(tag, `"`), `"1.x`, `1.x"`, `"1.x" "2.x"`,
			`w/` + tag, `W/1`, `W/`, `"1 .x"`, tag + ";", `'1.x'`, `"1.x"y`,
		} {
			user.Patch(path, `{"text":"y"}`, "If-Match", stale).RequireProblem(412, "precondition_failed")
			user.Delete(path, "If-Match", stale).RequireProblem(412, "precondition_failed")
		}
		for _, empty := range []string{"", " ", ",", " , "} {
			for _, refused := range []*httpservertest.Answer{
				user.Patch(path, `{"text":"y"}`, "If-Match", empty), user.Delete(path, "If-Match", empty),
			} {
				refused.RequireProblem(422, "validation_failed")
				require.Equal(t, []string{"header.If-Match"}, refused.Locations(), "%q", empty)
			}
		}
		require.Equal(t, tag, user.Get(path).ETag(), "nothing has been changed")
		changed := user.Patch(path, `{"text":"y"}`, "If-Match", `, "7.x" ,, "1.whatever"`).Require(200)
		require.True(t, strings.HasPrefix(changed.ETag(), `"2.`))
		user.Patch(path, `{"text":"y"}`, "If-Match", tag).RequireProblem(412, "precondition_failed")
		user.Patch(path, `{"text":"y"}`, "If-Match", "*").Require(200)
		user.Patch(path, `{"text":"y"}`).Require(200)
	})
	t.Run("PATCH tells absent, null and value apart", func(t *testing.T) {
		before := user.Get(path)
		require.Equal(t, before.ETag(), user.Patch(path, `{}`).Require(200).ETag())
		due := user.Patch(path, `{"due_at":"2026-02-01T01:00:00.1234567+01:00"}`).Require(200)
		require.Contains(t, string(due.Body), `"due_at":"2026-02-01T00:00:00.123456Z"`)
		require.Contains(t, string(user.Patch(path, `{"text":"z"}`).Body), "00.123456Z")
		require.Contains(t, string(user.Patch(path, `{"due_at":null}`).Require(200).Body), `"due_at":null`)
		user.Patch(path, `{"text":null}`).RequireProblem(422, "validation_failed")
		user.Patch(path, nil).RequireProblem(400, "malformed")
	})
	t.Run("DELETE", func(t *testing.T) {
		gone := user.Delete(path).Require(204)
		require.Empty(t, gone.Body)
		require.Empty(t, gone.Header.Get("Content-Type"))
		require.Equal(t, "no-store", gone.Header.Get("Cache-Control"))
		user.Delete(path).RequireProblem(404, "not_found")
	})
}

func TestPrecondition(t *testing.T) {
	t.Parallel()
	require.True(t, httpserver.IfMatch{}.Precondition().IsZero())
	require.True(t, httpserver.IfMatch{Tags: " * "}.Precondition().IsZero())
	require.ErrorIs(t, httpserver.IfMatch{Tags: "x"}.Precondition().Check(1), precondition.ErrFailed, "which never gets here")
	require.NoError(t, httpserver.IfMatch{Tags: `"x" , "3.a"`}.Precondition().Check(3))
}

func TestAKeptAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	first := httpserver.Created("/api/v1/notes/1", 1, map[string]string{"text": "<x>"})
	kept := first.Answer()
	require.Equal(t, 201, kept.Status)
	require.JSONEq(t, `{"text":"<x>"}`, string(kept.Body))
	again := httpserver.Replayed[map[string]string](kept)
	require.Equal(t, kept, again.Answer())
	require.Equal(t, "true", again.Replayed)
}

func TestTimesAreStrict(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for given, want := range map[string]string{
		"2026-01-31T12:00:00Z":         "2026-01-31T12:00:00.000000Z",
		"2026-01-31T12:00:00.9999999Z": "2026-01-31T12:00:00.999999Z",
		"2026-01-31T12:00:00-23:59":    "2026-02-01T11:59:00.000000Z",
		"0001-01-01T00:00:01Z":         "0001-01-01T00:00:01.000000Z",
		"9999-12-31T23:59:59Z":         "9999-12-31T23:59:59.000000Z",
		"0000-12-31T23:59:59Z":         "",
		"0001-01-01T00:00:00%2B01:00":  "",
		"9999-12-31T23:59:59-01:00":    "",
		"10000-01-01T00:00:00Z":        "",
		"2026-01-31T12:00:00":          "",
		"2026-01-31":                   "",
		"2026-02-30T12:00:00Z":         "",
		"2026-01-31T12:00:00,5Z":       "",
		"2026-01-31%2012:00:00Z":       "",
		"1769860800":                   "",
		"2026-01-31T12:00:00Z%00":      "",
		"2026-01-31T24:00:00Z":         "",
		"2026-01-31T0:00:00Z":          "",
		"2026-01-31T12:00:00%2B24:00":  "",
		"0001-01-01T00:00:00Z":         "", // the zero time means that there is none
		"now":                          "",
	} {
		a := user.Post("/api/v1/odd/x?at="+given, `{"name":"x"}`)
		if want == "" {
			a.RequireProblem(422, "validation_failed")
			require.Equal(t, []string{"query.at"}, a.Locations(), given)
		} else {
			require.Contains(t, string(a.Require(200).Body), want)
		}
		inBody := strings.NewReplacer("%2B", "+", "%00", "\\u0000", "%20", " ").Replace(given)
		b := user.Post("/api/v1/odd/x", `{"name":"x","due_at":"`+inBody+`"}`)
		if want == "" {
			b.RequireProblem(422, "validation_failed")
			require.Equal(t, []string{"body.due_at"}, b.Locations(), given)
		} else {
			require.Contains(t, string(b.Require(200).Body), want)
		}
	}
}

func TestIDsHaveOneForm(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, bad := range []string{
		"1", "null", "0198c7a23b1e7c119a440c1b8e0f2d55", "{" + someID + "}", "urn:uuid:" + someID, someID + "0", someID + "%00",
		"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d5g", "%ff",
	} {
		a := user.Get("/api/v1/notes/"+bad).RequireProblem(422, "validation_failed")
		require.Equal(t, []string{"path.id"}, a.Locations())
	}
	user.Get("/api/v1/notes/"+someID).RequireProblem(404, "not_found")
}

func TestOptionalQueryParameters(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for query, want := range map[string]string{"": "null", "?is=false": "false", "?is=true": "true"} {
		require.Contains(t, string(user.Post("/api/v1/odd/x"+query, `{"name":"x"}`).Require(200).Body), `"is":`+want)
	}
	user.Post("/api/v1/odd/x?q=", `{"name":"x"}`).Require(200)
	for _, bad := range []string{"?is", "?q", "?q=a&q=b", "?q=%00", "?q=%ff", "?is=", "?is=maybe", "?Q=x", "?n=", "?q=a&x"} {
		user.Post("/api/v1/odd/x"+bad, `{"name":"x"}`).RequireProblem(422, "validation_failed")
	}
}

func TestTextThatADatabaseCannotHoldIsRefusedInPaths(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	for _, bad := range []string{"%00", "a%00b", "%ff", "%c3%28"} {
		a := user.Post("/api/v1/odd/"+bad, `{"name":"x"}`).RequireProblem(422, "validation_failed")
		require.Equal(t, []string{"path.name"}, a.Locations())
	}
}

func TestABodyMayBeOptional(t *testing.T) {
	t.Parallel()
	user := start(t, httpserver.Config{}).LogIn(t, auth.RoleUser)
	require.Contains(t, string(user.Patch("/api/v1/toggle", nil).Require(200).Body), `"is":null`)
	require.Contains(t, string(user.Patch("/api/v1/toggle", "").Require(200).Body), `"is":null`)
	require.Contains(t, string(user.Patch("/api/v1/toggle", `{"on":true}`).Require(200).Body), `"is":true`)
	user.Patch("/api/v1/toggle", `{"on":null}`).RequireProblem(422, "validation_failed")
	user.Patch("/api/v1/toggle", `{}`).RequireProblem(422, "validation_failed")
}
