package e2e

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fasttrack/e2e/harness"
)

// TestWhoMayDoWhat holds the program against testdata/matrix.txt, and that of any module that brings its own table: every operation of the OpenAPI document is called by
// somebody of every role, on what is personal, on what belongs to their organisation, and on what belongs to others.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	table := readMatrix(t)
	harness.Each(t, func(t *testing.T, p *harness.Program) {
		operations := map[string]harness.Operation{}
		for _, o := range p.Operations() {
			operations[name(o)] = o
		}
		table.checkComplete(t, operations)
		shared := newCompany(p)
		var cells atomic.Int64
		for column, role := range table.roles {
			t.Run(role, func(t *testing.T) {
				t.Parallel()
				a := newActor(t, shared, role)
				for _, row := range table.rows {
					if !isTried(row.operation) {
						continue
					}
					cells.Add(1)
					got := a.try(operations[row.operation], row)
					assert.Equal(t, row.want[column], got, "%s, of %s, by %s", row.name(), row.of, role)
				}
			})
		}
		t.Cleanup(func() {
			t.Logf("the matrix: %d operations (%d with their variants) × %d roles × %d ownerships = %d cells",
				len(operations), table.variants(), len(table.roles), len(ownerships), cells.Load())
		})
	})
}

// What things can be, seen from whoever calls.
const (
	own     = "own"     // personal
	shared  = "org"     // of the organisation that the roles are in
	foreign = "foreign" // of an organisation that none of them is in
	nothing = "-"       // the operation is about no thing
)

var ownerships = []string{own, shared, foreign}

// matrix is the table as a person wrote it.
type matrix struct {
	roles []string
	rows  []matrixRow
}

// matrixRow says what an operation answers to each role.
type matrixRow struct {
	operation string // as in GET /api/v1/tasks/{id}
	variant   string // tells several requests for the operation apart; "" is the plain one
	of        string // an ownership, or nothing
	want      []string
}

func (r matrixRow) name() string { return strings.TrimSpace(r.operation + " " + r.variant) }

func readMatrix(t *testing.T) matrix {
	t.Helper()
	files, err := filepath.Glob("../modules/*/testdata/matrix.txt")
	require.NoError(t, err)
	var m matrix
	for _, file := range append([]string{"testdata/matrix.txt"}, files...) {
		part := readTable(t, file)
		if m.roles != nil {
			require.Equal(t, m.roles, part.roles, "%s: the roles", file)
		}
		m.roles, m.rows = part.roles, append(m.rows, part.rows...)
	}
	require.Subset(t, roles, m.roles)
	require.Len(t, m.roles, len(roles))
	return m
}

func readTable(t *testing.T, file string) matrix {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var m matrix
	var current matrixRow
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
			continue
		case m.roles == nil:
			m.roles = fields
			continue
		case !slices.Contains(append(ownerships, nothing), fields[0]):
			require.Greater(t, len(fields), 2, "%q", line)
			current = matrixRow{operation: fields[0] + " " + fields[1]}
			if fields = fields[2:]; strings.HasPrefix(fields[0], "(") {
				current.variant, fields = fields[0], fields[1:]
			}
		}
		row := current
		row.of, row.want = fields[0], fields[1:]
		require.Contains(t, append(ownerships, nothing), row.of, "%q", line)
		require.Len(t, row.want, len(m.roles), "%q", line)
		m.rows = append(m.rows, row)
	}
	return m
}

// checkComplete fails unless the table has every operation, each with every ownership that it can have, and no other.
func (m matrix) checkComplete(t *testing.T, operations map[string]harness.Operation) {
	t.Helper()
	seen := map[string][]string{}
	for _, row := range m.rows {
		require.NotEmpty(t, operations[row.operation].ID, "%s: the table has a row, but there is no such operation", row.operation)
		seen[row.name()] = append(seen[row.name()], row.of)
	}
	for _, row := range m.rows {
		if row.variant == "" {
			want := []string{nothing}
			if isAboutThings(operations[row.operation]) {
				want = ownerships
			}
			require.Equal(t, want, seen[row.name()], "%s: the ownerships of its rows", row.name())
		}
	}
	for name := range maps.Keys(operations) {
		require.NotEmpty(t, seen[name], "%s: who may call it? testdata/matrix.txt does not say", name)
	}
}

func (m matrix) variants() int {
	seen := map[string]bool{}
	for _, row := range m.rows {
		seen[row.name()] = true
	}
	return len(seen)
}

// isAboutThings reports whether an operation names a thing, or lists things that somebody may or may not see.
func isAboutThings(o harness.Operation) bool {
	return strings.Contains(o.Path, "{") || lists(o) && kindOf(o) != "audit"
}

func lists(o harness.Operation) bool { return slices.Contains(o.Parameters("query"), "cursor") }

// kindOf is the last word of a path that is no parameter, as in comments.
func kindOf(o harness.Operation) string {
	segments := strings.Split(o.Path, "/")
	segments = slices.DeleteFunc(segments, func(s string) bool { return strings.HasPrefix(s, "{") })
	return segments[len(segments)-1]
}

// try calls the operation and returns what came of it in the words of the table: the status and, for a list, whether
// the thing is in it.
func (a *actor) try(o harness.Operation, row matrixRow) string {
	wanted := ""
	if lists(o) && row.of != nothing {
		wanted = a.thing(row.of, kindOf(o))
	}
	r := a.request(o, row)
	stale := a.tryStale(o, r)
	answer := r.as.Do(o.Method, r.path, r.body)
	if stale != 0 {
		right := answer.Status
		if right < 300 {
			right = map[bool]int{true: http.StatusNotModified, false: http.StatusPreconditionFailed}[o.Method == http.MethodGet]
		}
		assert.Equal(a.t, right, stale, "%s, of %s, by %s, with a precondition", row.name(), row.of, a.role)
	}
	if answer.Status < 300 {
		a.settle(o, row)
	}
	switch {
	case answer.Status != http.StatusOK || wanted == "":
		return strconv.Itoa(answer.Status)
	case isListed(r, answer, wanted):
		return "200+"
	}
	return "200-"
}

// tryStale sends the request under a precondition that is not met, where the operation takes one, and returns the status.
// Whoever may not do something is told so all the same, and not what version there is.
func (a *actor) tryStale(o harness.Operation, r request) int {
	headers := o.Parameters("header")
	switch {
	case slices.Contains(headers, "If-Match"):
		return r.as.Do(o.Method, r.path, r.body, harness.Header{Name: "If-Match", Value: `"9999.kR5pQJx0v2A"`}).Status
	case slices.Contains(headers, "If-None-Match"):
		return r.as.Do(o.Method, r.path, r.body, harness.Header{Name: "If-None-Match", Value: "*"}).Status
	}
	return 0
}

// isListed walks a list from its first page until the thing is found.
func isListed(r request, first *harness.Answer, id string) bool {
	type item struct {
		ID     string `json:"id"`
		UserID string `json:"user_id"` // of a member, who has no other id
	}
	for page := harness.Into[harness.List[item]](first); ; {
		for _, i := range page.Items {
			if i.ID == id || i.ID == "" && i.UserID == id {
				return true
			}
		}
		if !page.HasMore {
			return false
		}
		next := r.path + "&cursor=" + *page.NextCursor
		page = harness.Into[harness.List[item]](r.as.Do(http.MethodGet, next, nil).Wants(http.StatusOK))
	}
}
