package httpserver

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"fasttrack/shared/errs"
	"fasttrack/shared/precondition"
)

const (
	headerIfMatch  = "If-Match"
	messageIfMatch = `must be an entity tag such as "3.kR5pQJx0v2A", or *`
)

// IfMatch is embedded in the input of PATCH and DELETE.
type IfMatch struct {
	Tags string `header:"If-Match" doc:"The ETag that the change is based on; 412 if its version is not current." example:"\"3.kR5pQJx0v2A\""` //nolint:lll // a tag
}

func (IfMatch) isConditional() {}

// Precondition returns the demand: none without the header and for *, otherwise the versions of the tags. A tag that
// is not one of ours, or weak, has no version and is never met (RFC 9110, 13.1.1); nor is a list that cannot be read.
func (m IfMatch) Precondition() precondition.If {
	if m.Tags == "" {
		return precondition.If{}
	}
	tags, ok := parseTags(m.Tags)
	if ok && slices.Equal(tags, []string{"*"}) {
		return precondition.If{}
	}
	var versions []int64
	for _, tag := range tags {
		if version, ok := versionOf(tag); ok {
			versions = append(versions, version)
		}
	}
	return precondition.Version(versions...)
}

// readIfMatch makes one line of the header's lines, and returns what is wrong with it. A client that sends an empty one has
// lost its tag, and would overwrite what it has not seen if that counted as no header.
func readIfMatch(header http.Header) []errs.Field {
	lines := header[headerIfMatch]
	if len(lines) == 0 {
		return nil
	}
	// Several lines of one header are one list (RFC 9110, 5.3); huma reads the first.
	list := strings.Join(lines, ", ")
	if strings.Trim(list, " \t,") == "" {
		return []errs.Field{{Location: "header." + headerIfMatch, Message: messageIfMatch}}
	}
	header.Set(headerIfMatch, list)
	return nil
}

// parseTags reads the value of If-Match or If-None-Match: entity tags, weak ones with their W/, or * alone (RFC 9110,
// 8.8.3 and 5.6.1: elements of a list may be empty, but not all of them).
func parseTags(list string) (tags []string, ok bool) {
	const space = " \t"
	if list = strings.Trim(list, space); list == "*" {
		return []string{"*"}, true
	}
	for list != "" {
		if list[0] != ',' {
			opaque := strings.TrimPrefix(list, "W/")
			if opaque == "" || opaque[0] != '"' {
				return nil, false
			}
			end := strings.IndexByte(opaque[1:], '"')
			if end < 0 || strings.ContainsFunc(opaque[1:1+end], func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				return nil, false
			}
			length := len(list) - len(opaque) + end + len(`""`)
			tags = append(tags, list[:length])
			if list = strings.TrimLeft(list[length:], space); list == "" {
				break
			}
			if list[0] != ',' {
				return nil, false
			}
		}
		list = strings.TrimLeft(list[1:], space)
	}
	return tags, len(tags) > 0
}

// matchesWeakly compares as If-None-Match does (RFC 9110, 13.1.2): W/ makes no difference. A header that cannot be read
// asks for nothing: the whole answer is always right.
func matchesWeakly(lines []string, tag string) bool {
	tags, _ := parseTags(strings.Join(lines, ", "))
	return slices.ContainsFunc(tags, func(candidate string) bool {
		return candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag
	})
}

func versionOf(tag string) (int64, bool) {
	if tag[0] != '"' {
		return 0, false // weak
	}
	digits, digest, ok := strings.Cut(strings.Trim(tag, `"`), ".")
	if !ok || digest == "" || len(digits) == 0 || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	version, err := strconv.ParseInt(digits, 10, 64)
	return version, err == nil
}
