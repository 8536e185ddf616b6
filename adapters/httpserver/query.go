package httpserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	complaints, err := checkQuery(r.URL.RawQuery, func(name string) (mayBeEmpty, ok bool) {
		return false, slices.Contains(known, name)
	})
	if err != nil {
		return err
	}
	return errs.InvalidFields(complaints...)
}

// checkQuery looks at what huma does not: each parameter is known, given once, has a value where it needs one, and is
// text that a database can hold.
func checkQuery(query string, known func(name string) (mayBeEmpty, ok bool)) ([]errs.Field, error) {
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
		mayBeEmpty, ok := known(name)
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
		case !hasValue, value == "" && !mayBeEmpty:
			complain("must have a value")
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

// queryOf returns what checkQuery asks about the parameters of an operation. Only free text may be empty: an empty
// search finds everything.
func queryOf(params []*huma.Param) func(string) (bool, bool) {
	mayBeEmpty := map[string]bool{}
	for _, p := range params {
		if p.In != "query" {
			continue
		}
		s := p.Schema
		mayBeEmpty[p.Name] = s != nil && s.Type == huma.TypeString && len(s.Enum) == 0 && s.Format == "" &&
			s.Pattern == "" && s.MinLength == nil
	}
	return func(name string) (bool, bool) {
		empty, ok := mayBeEmpty[name]
		return empty, ok
	}
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
