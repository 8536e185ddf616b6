package httpserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"fasttrack/shared/errs"
)

const messageText = "must be valid UTF-8 without NUL"

var errQuery = errs.New(errs.Malformed, codeMalformed, "the query is not well formed")

// CheckQuery reports what is wrong with the query of a request to a raw handler, which reads it by itself: parameters
// that are unknown, given twice, empty, or not clean text. It returns an error of kind [errs.Invalid] or
// [errs.Malformed], or nil.
func CheckQuery(r *http.Request, known ...string) error {
	complaints, err := checkQuery(r.URL.RawQuery, func(name string) (kind parameterKind, ok bool) {
		return valueNeeded, slices.Contains(known, name)
	})
	if err != nil {
		return err
	}
	return errs.InvalidFields(complaints...)
}

// parameterKind is what checkQuery asks of a parameter.
type parameterKind int

const (
	valueNeeded parameterKind = iota
	freeText                  // it may be empty
	wholeNumber
	trueOrFalse
)

// checkQuery looks at what huma does not: each parameter is known, given once, has a value where it needs one, is text
// that a database can hold, and a number or a truth value in the one form that it has in JSON: huma takes +5, 05 and T.
func checkQuery(query string, known func(name string) (parameterKind, bool)) ([]errs.Field, error) {
	if query == "" {
		return nil, nil
	}
	var complaints []errs.Field
	var seen []string
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, hasValue := strings.Cut(part, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || strings.Contains(part, ";") {
			return nil, errQuery
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return nil, errQuery
		}
		kind, ok := known(name)
		complain := func(message string) {
			if len(complaints) < maxFields {
				complaints = append(complaints, errs.Field{Location: "query." + name, Message: message})
			}
		}
		switch {
		case !ok:
			complain("is not known")
		case slices.Contains(seen, name):
			complain("must be given once")
		case !hasValue, value == "" && kind != freeText:
			complain("must have a value")
		case kind == wholeNumber && isLooseNumber(value):
			complain("must be a number as JSON has it, such as 5")
		case kind == trueOrFalse && isLooseTruth(value):
			complain("must be true or false")
		case !isCleanText(value):
			complain(messageText)
		}
		if ok {
			seen = append(seen, name)
		}
	}
	return complaints, nil
}

func isCleanText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// WholeNumber reads a number in the one form that it has in JSON: no plus, and no zeros before it.
func WholeNumber(text string) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}

// isLooseNumber reports whether huma would take a number that is not in the one form. What is none at all it refuses itself.
func isLooseNumber(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) != text
}

// isLooseTruth is isLooseNumber for true and false.
func isLooseTruth(text string) bool {
	truth, err := strconv.ParseBool(text)
	return err == nil && strconv.FormatBool(truth) != text
}

// queryOf returns what checkQuery asks about the parameters of an operation. Only free text may be empty: an empty
// search finds everything.
func queryOf(params []*huma.Param) func(string) (parameterKind, bool) {
	kinds := map[string]parameterKind{}
	for _, p := range params {
		if p.In != "query" {
			continue
		}
		kinds[p.Name] = kindOf(p.Schema)
	}
	return func(name string) (parameterKind, bool) {
		kind, ok := kinds[name]
		return kind, ok
	}
}

func kindOf(s *huma.Schema) parameterKind {
	switch {
	case s == nil:
		return valueNeeded
	case s.Type == huma.TypeInteger:
		return wholeNumber
	case s.Type == huma.TypeBoolean:
		return trueOrFalse
	case s.Type == huma.TypeString && len(s.Enum) == 0 && s.Format == "" && s.Pattern == "" && s.MinLength == nil:
		return freeText
	}
	return valueNeeded
}

// defaultsOf returns what the parameters of a query are when they are not there.
func defaultsOf(params []*huma.Param) map[string]string {
	defaults := map[string]string{}
	for _, p := range params {
		if p.In == "query" && p.Schema != nil && p.Schema.Default != nil {
			defaults[p.Name] = fmt.Sprint(p.Schema.Default)
		}
	}
	return defaults
}
