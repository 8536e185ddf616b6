package dbtest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
)

// Plan is how the database would carry out a statement. What it requires fails the test and shows the whole plan.
type Plan struct {
	t testing.TB

	Statement string
	Steps     string // one a line, see [Explain]
}

// Plans returns the plans of the statements that run on the database during fn, with the arguments they had, in order.
// Nothing else may run on the database meanwhile.
func Plans(t testing.TB, db *database.DB, fn func()) []Plan {
	t.Helper()
	recording := db.Record()
	fn()
	recording.Stop()
	var plans []Plan
	for _, s := range recording.Recorded() {
		if hasPlan.MatchString(s.Text) {
			plans = append(plans, PlanOf(t, db, s.Text, s.Args...))
		}
	}
	return plans
}

// hasPlan tells the statements that EXPLAIN takes from those that have nothing to plan.
var hasPlan = regexp.MustCompile(`(?i)^\s*\(*(SELECT|WITH|VALUES|INSERT|UPDATE|DELETE)\b`)

// PlanOf returns the plan of a statement.
func PlanOf(t testing.TB, db *database.DB, statement string, args ...any) Plan {
	t.Helper()
	return Plan{t: t, Statement: statement, Steps: Explain(t, db, statement, args...)}
}

// RequireNoScan requires that none of the tables is gone through from one end to the other, not even along an index:
// what is wanted of it is searched for. SQLite calls a table by its alias, if the statement gives it one. Without
// tables it is about all there are, subqueries too.
func (p Plan) RequireNoScan(tables ...string) Plan {
	p.t.Helper()
	return p.requireNone(`(?m)Seq Scan|^\s*SCAN ` + oneOf(tables))
}

// RequireNoTableScan requires that none of the tables is read without an index. The index may be read from one end to
// the other, as is right for a page of everything there is.
func (p Plan) RequireNoTableScan(tables ...string) Plan {
	p.t.Helper()
	return p.requireNone(`(?m)Seq Scan|^\s*SCAN ` + oneOf(tables) + `\s*$`)
}

func oneOf(tables []string) string {
	if len(tables) == 0 {
		return `[^ \n]+`
	}
	quoted := make([]string, len(tables))
	for i, table := range tables {
		quoted[i] = regexp.QuoteMeta(table)
	}
	return `(?:` + strings.Join(quoted, "|") + `)\b`
}

// RequireNoSort requires that nothing is sorted: rows come in the order of an index.
func (p Plan) RequireNoSort() Plan {
	p.t.Helper()
	return p.requireNone(`Sort|TEMP B-TREE`)
}

// sideSort is what SQLite does to merge the pages that it just read of two indexes, see package keyset.
var sideSort = regexp.MustCompile(`(?m)^SCAN side\d\nUSE TEMP B-TREE FOR ORDER BY$`)

// RequireNoSortBelowLimit requires that no more is sorted than a page: nothing below a limit. The pages that a list
// over several indexes is merged from may be sorted.
func (p Plan) RequireNoSortBelowLimit() Plan {
	p.t.Helper()
	require.NotContains(p.t, sideSort.ReplaceAllString(p.Steps, ""), "TEMP B-TREE", p.Statement)
	limit := -1 // the indentation of the limit that the step is below
	for line := range strings.SplitSeq(p.Steps, "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		step := strings.TrimPrefix(strings.TrimLeft(line, " "), "->  ")
		switch {
		case strings.HasPrefix(step, "Limit"):
			limit = indent
		case strings.HasPrefix(step, "Sort ") || strings.HasPrefix(step, "Incremental Sort"):
			require.False(p.t, limit >= 0 && indent > limit, "a sort below a limit:\n%s\n%s", p.Steps, p.Statement)
		case indent <= limit:
			limit = -1
		}
	}
	return p
}

// RequireIndex requires that the plan uses these indexes.
func (p Plan) RequireIndex(names ...string) Plan {
	p.t.Helper()
	for _, name := range names {
		require.Contains(p.t, p.Steps, name, p.Statement)
	}
	return p
}

func (p Plan) requireNone(pattern string) Plan {
	p.t.Helper()
	require.NotRegexp(p.t, pattern, p.Steps, p.Statement)
	return p
}
