package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/e2e/harness"
)

func key(value string) harness.Header {
	return harness.Header{Name: "Idempotency-Key", Value: value}
}

// TestTenPOSTsWithOneKeyMakeOneTask: at once, and on two nodes where there can be two. Who comes while the first is
// worked on is told to try again, and then gets its answer.
func TestTenPOSTsWithOneKeyMakeOneTask(t *testing.T) {
	t.Parallel()
	contend(t, func(t *testing.T, p *harness.Program, db *database.DB) {
		nodes := []*harness.Program{p}
		if db.Dialect() == database.Postgres {
			nodes = append(nodes, harness.Start(t, p.Config.DatabaseURL, harness.InOrder()))
			defer nodes[1].Stop()
		}
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Garden")
		path := "/api/v1/projects/" + project.ID + "/tasks"
		for round := range harness.Load(5) {
			var mu sync.Mutex
			made, fresh := map[string]bool{}, 0
			once := key(fmt.Sprintf("round %d", round))
			harness.AtOnce(10, func(i int) {
				as := nodes[i%len(nodes)].With(ann.Tokens.AccessToken)
				for until := time.Now().Add(harness.Patience); time.Now().Before(until); {
					a, err := as.Try("POST", path, map[string]any{"title": "Dig", "assignee_id": bob.ID}, once)
					if !assert.NoError(t, err) {
						return
					}
					if a.Status == 409 {
						continue
					}
					assert.Equal(t, 201, a.Status, "%s", a.Body)
					mu.Lock()
					defer mu.Unlock()
					made[string(a.Body)+a.Header.Get("ETag")+a.Header.Get("Location")] = true
					if a.Header.Get("Idempotent-Replayed") == "" {
						fresh++
					}
					return
				}
				assert.Fail(t, "no answer")
			})
			require.Len(t, made, 1, "one answer for all")
			require.Equal(t, 1, fresh)
			require.Len(t, harness.All[harness.Task](ann.Client, "/projects/"+project.ID+"/tasks"), round+1)
			require.Len(t, bob.Feed(), round+1, "told once")
		}
	})
}

// TestAnAnswerIsGivenAgainOnlyToWhoeverMayStillAsk: whoever lost the access that the request took gets what they would
// get for a new one. That nothing can be created any more takes nothing back.
func TestAnAnswerIsGivenAgainOnlyToWhoeverMayStillAsk(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann, bob := p.Register("Ann"), p.Register("Bob")
		project := ann.Project("Garden")
		task := ann.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID})
		comments, comment := "/tasks/"+task.ID+"/comments", map[string]any{"body": "Deep!"}

		first := bob.Post(comments, comment, key("k")).Wants(201)
		again := bob.Post(comments, comment, key("k")).Wants(201)
		require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
		require.Equal(t, string(first.Body), string(again.Body))
		bob.Post("/tasks", map[string]any{"title": "Rest"}, key("k")).WantsProblem(422, "idempotency_mismatch")
		ann.Post(comments, comment, key("k")).Wants(201) // her own key

		ann.Patch("/projects/"+project.ID, map[string]any{"status": "archived"}).Wants(200)
		bob.Post(comments, comment, key("k")).Wants(201)
		ann.Patch("/projects/"+project.ID, map[string]any{"status": "active"}).Wants(200)

		ann.Patch("/tasks/"+task.ID, map[string]any{"assignee_id": nil}).Wants(200)
		bob.Post(comments, comment, key("k")).WantsProblem(404, "not_found")

		shop := map[string]any{"name": "Shop"}
		made := harness.Into[harness.Organization](bob.Post("/organizations", shop, key("o")).Wants(201))
		bob.Member(made.ID, ann.Email, "owner")
		bob.Post("/organizations", shop, key("o")).Wants(201)
		bob.Delete("/organizations/" + made.ID + "/members/" + bob.ID).Wants(204)
		bob.Post("/organizations", shop, key("o")).WantsProblem(404, "not_found")

		created := map[string]any{"title": "Mow"}
		ann.Post("/projects/"+project.ID+"/tasks", created, key("t")).Wants(201)
		ann.Delete("/projects/" + project.ID).Wants(204)
		ann.Post("/projects/"+project.ID+"/tasks", created, key("t")).WantsProblem(404, "not_found")
	})
}

// TestEveryRouteThatCreatesTakesAKey: and one that refuses keeps none.
func TestEveryRouteThatCreatesTakesAKey(t *testing.T) {
	t.Parallel()
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		ann := p.Register("Ann")
		project := ann.Project("Garden")
		task := ann.Task(project.ID, "Dig", nil)
		members := "/organizations/" + ann.Organization("Shop").ID + "/members"
		for path, body := range map[string]map[string]any{
			"/projects":                          {"name": "House"},
			"/projects/" + project.ID + "/tasks": {"title": "Mow"},
			"/tasks":                             {"title": "Rest"},
			"/tasks/" + task.ID + "/comments":    {"body": "Deep!"},
			"/organizations":                     {"name": "Acme"},
			members:                              {"email": p.Register("Bob").Email, "role": "member"},
		} {
			ann.Post(path, map[string]any{}, key(path)).WantsProblem(422, "validation_failed")
			first := ann.Post(path, body, key(path)).Wants(201)
			again := ann.Post(path, body, key(path)).Wants(201)
			require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"), path)
			require.Equal(t, string(first.Body), string(again.Body), path)
			require.Equal(t, first.Header.Get("ETag"), again.Header.Get("ETag"), path)
			require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"), path)
			if without := ann.Post(path, body); path == members {
				without.WantsProblem(409, "already_member")
			} else {
				without.Wants(201)
			}
			for _, broken := range []string{`"`, `"a`, `""`, "ä", strings.Repeat("a", 256)} {
				ann.Post(path, body, key(broken)).WantsProblem(422, "validation_failed")
			}
		}
	})
}

// TestARetryAfterACrashMakesNothingTwice kills the real program under load. Whoever got no answer asks again with the
// same key: whether or not the commit came before the end, there is one task for each key afterwards.
func TestARetryAfterACrashMakesNothingTwice(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		db := openAlone(t, url)
		p := harness.Launch(t, url)
		ann := p.Register("Ann")
		project := ann.Project("Busy")
		path := "/api/v1/projects/" + project.ID + "/tasks"
		body := func(key string) map[string]any { return map[string]any{"title": "Dig for " + key} }

		const writers = 6
		var mu sync.Mutex
		answered, open := map[string]*harness.Answer{}, map[string]bool{}
		for crash := range 3 {
			var all sync.WaitGroup
			for writer := range writers {
				as := p.With(ann.Tokens.AccessToken)
				all.Go(func() {
					for i := 0; ; i++ {
						k := fmt.Sprintf("%d-%d-%d", crash, writer, i)
						a, err := as.Try("POST", path, body(k), key(k))
						mu.Lock()
						if err != nil {
							open[k] = true
							mu.Unlock()
							assert.True(t, harness.IsGone(err), "%v", err)
							return
						}
						answered[k] = a
						mu.Unlock()
						if !assert.Equal(t, 201, a.Status, "%s", a.Body) {
							return
						}
					}
				})
			}
			goal := (crash + 1) * 40
			require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return len(answered) >= goal },
				harness.Patience, time.Millisecond, "there is a load")
			p.Kill()
			all.Wait()
			waitUntilAlone(t, db)
			p = harness.Launch(t, url)
			ann.Client = p.With(ann.Tokens.AccessToken)
		}
		replayed := 0
		for k := range open {
			a := ann.Do("POST", path, body(k), key(k)).Wants(201)
			if a.Header.Get("Idempotent-Replayed") != "" {
				replayed++
			}
		}
		t.Logf("%d answered; of %d cut off, %d had been committed", len(answered), len(open), replayed)
		for k, first := range answered {
			again := ann.Do("POST", path, body(k), key(k)).Wants(201)
			require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"), k)
			require.Equal(t, string(first.Body), string(again.Body), k)
		}
		titles := map[string]int{}
		for _, task := range harness.All[harness.Task](ann.Client, "/projects/"+project.ID+"/tasks") {
			titles[task.Title]++
		}
		require.Len(t, titles, len(answered)+len(open))
		for title, n := range titles {
			require.Equal(t, 1, n, title)
		}
	})
}
