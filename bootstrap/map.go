package bootstrap

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fasttrack/shared/eventbus"
)

// Map draws who tells whom what as a flowchart in Mermaid's language: an arrow from each module to each that listens to
// it, with the names of the events. A broken arrow stands for what is told before the commit, and not at once. What a
// module tells itself is left out.
func Map(routes []eventbus.Route) string {
	type arrow struct {
		from, to string
		late     bool
	}
	events := map[arrow][]string{}
	for _, r := range routes {
		_, event, _ := strings.Cut(r.Event, ".")
		add := func(handlers []string, late bool) {
			for _, handler := range handlers {
				to, _, _ := strings.Cut(handler, ".")
				a := arrow{r.Publisher, to, late}
				if to != r.Publisher && !slices.Contains(events[a], event) {
					events[a] = append(events[a], event)
				}
			}
		}
		add(r.Transaction, false)
		add(r.BeforeCommit, true)
		add(r.AfterCommit, true)
	}
	order := func(a, b arrow) int {
		return strings.Compare(fmt.Sprint(a.from, " ", a.to, a.late), fmt.Sprint(b.from, " ", b.to, b.late))
	}
	var out strings.Builder
	out.WriteString("flowchart LR\n")
	for _, a := range slices.SortedFunc(maps.Keys(events), order) {
		line := "-->"
		if a.late {
			line = "-.->"
		}
		fmt.Fprintf(&out, "  %s %s|%s| %s\n", a.from, line, strings.Join(events[a], "<br>"), a.to)
	}
	return out.String()
}
