package comments_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

func TestBadBodies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		dig := w.task(w.Project(ada))
		made := w.say(ada, dig, "Where?")
		for name, c := range map[string]struct {
			body     any
			status   int
			code     string
			location string
			onlyPost bool
		}{
			"malformed":      {`{"body":`, 400, "malformed", "", false},
			"not JSON":       {"hello", 400, "malformed", "", false},
			"an array":       {"[]", 422, "validation_failed", "body", false},
			"null":           {members{"body": nil}, 422, "validation_failed", "body.body", false},
			"a number":       {members{"body": 7}, 422, "validation_failed", "body.body", false},
			"an object":      {members{"body": members{}}, 422, "validation_failed", "body.body", false},
			"empty":          {members{"body": ""}, 422, "validation_failed", "body.body", false},
			"white space":    {members{"body": " \r\n\t"}, 422, "validation_failed", "body.body", false},
			"too long":       {members{"body": strings.Repeat("ä", 10_001)}, 422, "validation_failed", "body.body", false},
			"NUL":            {members{"body": "a\x00b"}, 422, "validation_failed", "body.body", false},
			"escape":         {members{"body": "a\x1bb"}, 422, "validation_failed", "body.body", false},
			"unknown member": {members{"body": "a", "x": 1}, 422, "validation_failed", "body.x", false},
			"the author":     {members{"body": "a", "author_id": ids.New()}, 422, "validation_failed", "body.author_id", false},
			"other spelling": {members{"Body": "a"}, 422, "validation_failed", "body.Body", false},
			"missing":        {members{}, 422, "validation_failed", "body.body", true},
		} {
			answers := map[string]interface{ Locations() []string }{
				"post": ada.Post(commentsOn(dig), c.body).RequireProblem(c.status, c.code),
			}
			if !c.onlyPost {
				answers["patch"] = ada.Patch(made.path(), c.body).RequireProblem(c.status, c.code)
			}
			for method, answer := range answers {
				if c.location != "" {
					require.Contains(t, answer.Locations(), c.location, "%s, %s", name, method)
				}
			}
		}
		w.ExpectNoEvents()
		require.EqualValues(t, 1, w.Count("comments"))
	})
}

func TestBadParameters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		dig := w.task(w.Project(ada))
		made := w.say(ada, dig, "Where?")
		for _, id := range []string{"1", "%00", "x' OR '1'='1", strings.ToUpper(made.ID.String()) + "0", "null"} {
			id = strings.NewReplacer(" ", "%20", "'", "%27").Replace(id)
			for _, answer := range []interface{ Locations() []string }{
				ada.Get("/api/v1/comments/"+id).RequireProblem(422, "validation_failed"),
				ada.Patch("/api/v1/comments/"+id, members{"body": "a"}).RequireProblem(422, "validation_failed"),
				ada.Delete("/api/v1/comments/"+id).RequireProblem(422, "validation_failed"),
				ada.Get("/api/v1/tasks/"+id+"/comments").RequireProblem(422, "validation_failed"),
				ada.Post("/api/v1/tasks/"+id+"/comments", members{"body": "a"}).RequireProblem(422, "validation_failed"),
			} {
				require.Equal(t, []string{"path.id"}, answer.Locations(), id)
			}
		}
		for query, location := range map[string]string{
			"?limit=0": "query.limit", "?limit=101": "query.limit", "?limit=x": "query.limit",
			"?sort=body": "query.sort", "?sort=--created_at": "query.sort", "?sort=updated_at": "query.sort",
			"?cursor=!": "query.cursor", "?x=1": "query.x", "?author_id=me": "query.author_id",
		} {
			require.Equal(t, []string{location},
				ada.Get(commentsOn(dig)+query).RequireProblem(422, "validation_failed").Locations(), query)
		}
		ada.Get(commentsOn(dig)+"?cursor=abc").RequireProblem(422, "cursor_mismatch")
		ada.Do("PUT", made.path(), members{}).RequireProblem(405, "method_not_allowed")
		ada.Delete(commentsOn(dig)).RequireProblem(405, "method_not_allowed")
		w.ExpectNoEvents()
	})
}

func TestTextIsCleanedAndKeptAsItIsOtherwise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := w.User("Ada")
		dig := w.task(w.Project(ada))
		for sent, kept := range map[string]string{
			"  Where \r\n":                 "Where",
			"a\r\nb\rc\td":                 "a\nb\nc\td",
			"<b>'; DROP TABLE comments;--": "<b>'; DROP TABLE comments;--",
			"日本 🌹 é %s ${x} ? @id":         "日本 🌹 é %s ${x} ? @id",
			strings.Repeat("🌹", 10_000):    strings.Repeat("🌹", 10_000),
		} {
			made := w.say(ada, dig, sent)
			require.Equal(t, kept, made.Body)
			var changed, read comment
			other := w.say(ada, dig, "other")
			ada.Patch(other.path(), members{"body": sent}).Decode(200, &changed)
			require.Equal(t, kept, changed.Body)
			ada.Get(made.path()).Decode(200, &read)
			require.Equal(t, made, read)
		}
	})
}
