package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/e2e/harness"
)

// TestEveryListIsReadAlongAnIndex asks every list of the document in every order, for its first page and for one after
// it, and holds how the database would carry out what the program then asks it against a golden file per dialect. Whatever
// the file says, no table is read without an index, and no more is sorted than the pages that are merged.
// -update writes the files anew.
func TestEveryListIsReadAlongAnIndex(t *testing.T) {
	t.Parallel()
	harness.EachDialect(t, func(t *testing.T, url string) {
		db := openAlone(t, url)
		p := harness.Start(t, url)
		admin, bob := p.Admin(), p.Register("Bob")
		project := admin.Project("Garden")
		task := admin.Task(project.ID, "Dig", map[string]any{"assignee_id": bob.ID, "due_at": "2026-05-01T12:00:00Z"})
		bobs := bob.Task(bob.Project("House").ID, "Paint", map[string]any{"assignee_id": admin.ID})
		for i := range 3 {
			admin.Task(project.ID, fmt.Sprintf("Mow %d", i), nil)
			admin.Comment(task.ID, "Deep")
			bob.Comment(bobs.ID, "White") // of which the admin is notified
		}
		var golden strings.Builder
		for _, o := range readAPI(p).operations {
			if a := readAPI(p); !a.isList(o) || !strings.HasPrefix(o.Path, "/api/v1/") {
				continue
			}
			id := project.ID
			if strings.Contains(o.Path, "/tasks/{id}") {
				id = task.ID
			} else if strings.Contains(o.Path, "{id}") && !strings.Contains(o.Path, "/projects/{id}") {
				continue // of a thing that this test does not make
			}
			for _, order := range append(ordersOf(o), narrowed(o)...) {
				searches := strings.Contains(order, "q=") // and may sort what it finds
				path := strings.ReplaceAll(o.Path, "{id}", id) + "?limit=1" + order
				for _, page := range []string{"first", "next"} {
					awaitJobs(t, db) // or what they ask is in the recording
					recording := p.Record()
					answer := harness.Into[harness.List[map[string]any]](admin.Do("GET", path, nil).Wants(200))
					recording.Stop()
					var steps strings.Builder
					for _, s := range recording.Recorded() {
						if ofTheProgram.MatchString(s.Text) || !strings.HasPrefix(strings.TrimLeft(s.Text, " \n("), "SELECT") {
							continue
						}
						plan := dbtest.PlanOf(t, db, s.Text, s.Args...)
						if !searches && !slices.Contains(sortsFew, o.Path) {
							plan.RequireNoSortBelowLimit()
						}
						require.NotRegexp(t, `Seq Scan|(?m)^SCAN (?:[a-rt-z]\w*|s\w{0,2})$`,
							ofASubquery.ReplaceAllString(plan.Steps, ""), "%s: %s", name(o), s.Text)
						steps.WriteString(stepsOf(plan.Steps))
					}
					if slices.Contains(promised, name(o)) { // the plans of what is added are its module's affair
						fmt.Fprintf(&golden, "%s%s, %s page\n%s", name(o), strings.Replace(order, "&", " ", 1), page, steps.String())
					}
					if answer.NextCursor == nil {
						break
					}
					path += "&cursor=" + *answer.NextCursor
				}
			}
		}
		file := filepath.Join("testdata", "plans", string(db.Dialect())+".txt")
		if flag.Lookup("update").Value.String() == "true" { // of names_test.go
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
			require.NoError(t, os.WriteFile(file, []byte(golden.String()), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), golden.String(), "if this is as it should be, -update takes it")
	})
}

// ofASubquery tells what SQLite calls a scan of the few rows that a subquery has found.
var ofASubquery = regexp.MustCompile(`(?m)^SCAN (first|personal|candidates)$`)

// sortsFew are the lists that sort what comes out of several ranges of an index: no more than a page of each. The modules'
// own tests hold how their ranges are read.
var sortsFew = []string{
	"/api/v1/projects",      // a page of each of the caller's organisations
	"/api/v1/organizations", // the caller's, which are few
}

// ofTheProgram tells what runs beside requests.
var ofTheProgram = regexp.MustCompile(`identity_change|river|notification_streams|pg_catalog|guesses|pg_notify|mailed_at|` +
	`notification_users|identity_mails|created_at < \S+ ORDER BY created_at LIMIT|task_search_texts WHERE task_id IS NULL`)

// ordersOf returns what makes a list sorted in each of its ways.
func ordersOf(o harness.Operation) []string {
	parameters, _ := o.Raw["parameters"].([]any)
	for _, p := range parameters {
		if parameter := p.(map[string]any); parameter["name"] == "sort" {
			var orders []string
			for _, key := range parameter["schema"].(map[string]any)["enum"].([]any) {
				orders = append(orders, "&sort="+key.(string))
			}
			slices.Sort(orders)
			return orders
		}
	}
	return []string{""}
}

// narrowed returns filters whose way through an index is worth a look.
func narrowed(o harness.Operation) (filters []string) {
	query := o.Parameters("query")
	for _, filter := range []string{
		"&q=mow", "&q=mo", "&status=todo&priority=medium", "&completed=false&sort=due_at", "&assignee_id=me",
		"&assignee_id=none", "&scope=all", "&scope=all&sort=name",
	} {
		name, _, _ := strings.Cut(filter[1:], "=")
		if slices.Contains(query, name) && (!strings.Contains(filter, "priority") || slices.Contains(query, "priority")) {
			filters = append(filters, filter)
		}
	}
	return filters
}

// What PostgreSQL says beside the names of steps, tables and indexes differs from version to version.
var (
	step    = regexp.MustCompile(`(?:Seq Scan|Index Scan|Index Only Scan|Bitmap|Sort|Incremental Sort|Limit|Append|Merge Append|Nested Loop|Hash|Unique|Subquery Scan)\b.*`)
	figures = regexp.MustCompile(`\s*\(cost=.*`)
)

func stepsOf(plan string) string {
	var b strings.Builder
	for line := range strings.Lines(plan) {
		line = strings.TrimSpace(figures.ReplaceAllString(line, ""))
		if !strings.HasPrefix(line, "SCAN") && !strings.HasPrefix(line, "SEARCH") && !strings.Contains(line, "B-TREE") {
			if line = step.FindString(line); line == "" || strings.HasPrefix(line, "Sort Key") {
				continue
			}
		}
		b.WriteString("  " + line + "\n")
	}
	return b.String()
}
