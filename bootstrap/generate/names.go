package generate

import (
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"strings"
)

// Name is what a module is called, in both numbers: it is labels, and one of them is a label.
type Name struct{ Plural, Singular string }

// word is what names of packages, events, migrations and tables have in common.
var word = regexp.MustCompile(`^[a-z]{2,24}$`)

// ParseName reads the name of a module, which is a noun in the plural. One in the singular is put into the plural.
// Where the rules of English are not enough, singular says what one of them is called; otherwise it is empty.
func ParseName(name, singular string) (Name, error) {
	n := Name{name, singular}
	switch {
	case name == "":
		return n, errors.New("what shall it be called? make module name=labels")
	case singular != "":
	case isPlural(name):
		n.Singular = singularOf(name)
	default:
		n = Name{pluralOf(name), name}
	}
	for _, part := range []string{n.Plural, n.Singular} {
		switch {
		case !word.MatchString(part):
			return n, fmt.Errorf("%q: a module is called by one word of 2 to 24 small letters, a to z, in the plural", part)
		case token.IsKeyword(part):
			return n, fmt.Errorf("%q is a keyword of Go; choose another name", part)
		case types.Universe.Lookup(part) != nil:
			return n, fmt.Errorf("%q means something in Go already; choose another name", part)
		}
	}
	if reservedSQL[n.Plural] { // the table is called so
		return n, fmt.Errorf("%q is a keyword of SQL; choose another name", n.Plural)
	}
	if n.Plural == n.Singular {
		return n, fmt.Errorf("%q is both the many and the one; choose a name that tells them apart", n.Plural)
	}
	return n, nil
}

// isPlural is right for the words whose plural ends in s. News and status end in it too: see [ParseName].
func isPlural(name string) bool {
	return strings.HasSuffix(name, "s") && !hasSuffix(name, "ss", "us", "is")
}

func singularOf(plural string) string {
	switch {
	case strings.HasSuffix(plural, "ies") && len(plural) > 4:
		return strings.TrimSuffix(plural, "ies") + "y"
	case hasSuffix(plural, "sses", "uses", "xes", "ches", "shes", "zzes"):
		if !hasSuffix(plural, "auses", "ouses") { // houses
			return strings.TrimSuffix(plural, "es")
		}
	}
	return strings.TrimSuffix(plural, "s")
}

func pluralOf(singular string) string {
	switch {
	case strings.HasSuffix(singular, "y") && !hasSuffix(singular, "ay", "ey", "oy", "uy"):
		return strings.TrimSuffix(singular, "y") + "ies"
	case hasSuffix(singular, "s", "x", "ch", "sh", "zz"):
		return singular + "es"
	}
	return singular + "s"
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// Type is the one with a capital: Label.
func (n Name) Type() string { return capital(n.Singular) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// in returns a text about gadgets as one about what n names.
func (n Name) in(text string) string {
	pairs := []string{"Gadgets", capital(n.Plural), "gadgets", n.Plural, "Gadget", n.Type(), "gadget", n.Singular}
	if strings.ContainsRune("aeio", rune(n.Singular[0])) {
		pairs = append([]string{"a gadget", "an " + n.Singular, "AGadget", "An" + n.Type()}, pairs...)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// reservedSQL are the keywords of either dialect that cannot name a table or an index without quotes.
var reservedSQL = func() map[string]bool {
	all := map[string]bool{}
	for _, k := range strings.Fields(`abort action add after all alter always analyse analyze and any array as asc
		asymmetric attach authorization before begin between binary both by cascade case cast check collate collation
		column commit concurrently conflict constraint create cross current database default deferrable deferred delete
		desc detach distinct do drop each else end escape except exclude exclusive exists explain fail fetch filter
		first following for foreign freeze from full generated glob grant group groups having if ignore ilike immediate
		in index indexed initially inner insert instead intersect into is isnull join key last lateral leading left like
		limit localtime localtimestamp match materialized natural no not nothing notnull null nulls of offset on only or
		order others outer over overlaps partition placing plan pragma preceding primary query raise range recursive
		references regexp reindex release rename replace restrict returning right rollback row rows savepoint select
		similar some symmetric table tablesample temp temporary then ties to trailing transaction trigger unbounded
		union unique update user using vacuum values variadic verbose view virtual when where window with without`) {
		all[k] = true
	}
	return all
}()
