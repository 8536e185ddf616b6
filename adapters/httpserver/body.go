package httpserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"fasttrack/shared/ids"
)

const detailMediaType = "the body must be JSON in UTF-8: Content-Type: application/json"

// syntaxError is what is wrong with a body that is not JSON, or not strictly so. It never quotes a value.
type syntaxError struct {
	location string // empty: the body as a whole
	message  string
}

// Error returns location and message, if there is a location: huma keeps the text alone, see [parseSyntaxError].
func (e *syntaxError) Error() string {
	if e.location == "" {
		return e.message
	}
	return e.location + ": " + e.message
}

// parseSyntaxError reads the text of an error. A location may hold a name that the client made up, a message has no
// colon.
func parseSyntaxError(text string) *syntaxError {
	if i := strings.LastIndex(text, ": "); i >= 0 {
		return &syntaxError{location: text[:i], message: text[i+2:]}
	}
	return &syntaxError{message: text}
}

// jsonFormat is the one format of bodies, in and out.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		body, err := encoded(v)
		if err != nil {
			return err
		}
		if answer, ok := w.(*sized); ok {
			answer.announce(len(body))
		}
		_, _ = w.Write(body) // the client may be gone; nobody is left to tell
		return nil
	},
	Unmarshal: unmarshalJSON,
}

// encoded returns the bytes of a body that has been marshalled for its entity tag, or marshals it now.
func encoded(v any) ([]byte, error) {
	if e, ok := v.(interface{ sent() []byte }); ok {
		return e.sent(), nil
	}
	return marshalJSON(v)
}

func unmarshalJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return &syntaxError{message: "the body is not valid UTF-8"}
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &syntaxError{message: fmt.Sprintf("the body is not valid JSON (at byte %d)", syntax.Offset)}
	}
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &syntaxError{message: "the body holds a number that is out of range"}
	}
	return &syntaxError{message: "the body holds a value that cannot be read"}
}

// hasReadableBody reports whether the Content-Type is JSON, or missing.
func hasReadableBody(r *http.Request) bool {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return false
	}
	given := r.Header.Get("Content-Type")
	if given == "" {
		return true
	}
	media, params, err := mime.ParseMediaType(given)
	if err != nil {
		return false
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return false
	}
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

// refused stands in a decoded body for a value that huma's own check would let pass.
type refused struct{}

// markRefused walks a decoded body along its schema and makes huma's validation, which follows, refuse what it is too
// lenient about: null for an optional member that is not nullable, UUIDs in other forms than the canonical one, and
// times whose year has no four digits.
func markRefused(r huma.Registry, s *huma.Schema, v any) any {
	for s != nil && s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	if s == nil {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if of, ok := s.Properties[name]; ok {
				v[name] = markRefused(r, of, member)
			}
		}
	case []any:
		for i := range v {
			v[i] = markRefused(r, s.Items, v[i])
		}
	case nil:
		if !s.Nullable && s.Type != "" {
			return refused{}
		}
	case string:
		switch s.Format {
		case formatUUID:
			if _, err := ids.Parse(v); err != nil {
				return ""
			}
		case formatTime:
			if _, err := parseTimestamp(v); err != nil {
				return ""
			}
		}
	}
	return v
}
