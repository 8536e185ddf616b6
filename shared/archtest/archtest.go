package archtest

import (
	"cmp"
	"fmt"
	"slices"
)

// Violation is one place that breaks one rule.
type Violation struct {
	Rule  string // its name in rules.go
	Where string // file:line, or a folder when something is missing in it
	What  string // what is wrong
	Fix   string // what to do instead
}

// String returns the violation as one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: [%s] %s. Instead: %s", v.Where, v.Rule, v.What, v.Fix)
}

// Check returns everything below root, the folder of a go.mod, that breaks a rule of the house, sorted by place. It
// fails only when the tree cannot be read.
func Check(root string) ([]Violation, error) {
	t, err := load(root)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", root, err)
	}
	var found []Violation
	for _, r := range rules {
		err := r.check(t, func(where, what string, args ...any) {
			found = append(found, Violation{
				Rule: r.name, Where: where, Fix: r.fix,
				What: fmt.Sprintf(what, args...) + "; the rule: " + r.says,
			})
		})
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.name, err)
		}
	}
	slices.SortFunc(found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.What, b.What))
	})
	return found, nil
}

// rule is one rule of the house.
type rule struct {
	name  string // short; a violation cites it
	says  string // the rule, as one sentence
	fix   string // what to do instead
	check check
}

// check reports everything in the tree that breaks its rule.
type check func(t *tree, report reporter) error

// reporter takes one violation: where it is and what is wrong there.
type reporter func(where, what string, args ...any)

// all runs several checks as one.
func all(checks ...check) check {
	return func(t *tree, report reporter) error {
		for _, c := range checks {
			if err := c(t, report); err != nil {
				return err
			}
		}
		return nil
	}
}
