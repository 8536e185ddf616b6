package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"fasttrack/e2e/harness"
)

// mutation bends a well-formed request.
type mutation struct {
	name  string
	apply func(*shot)
	edge  bool // it is about HTTP, and no database has a part in it
}

// oddJSON are values for members, raw: of every type, out of every range, and text that somebody might choke on.
var oddJSON = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e400`, `-0`, `9223372036854775808`, `[]`, `[null]`, `{}`, `{"a":{"b":null}}`,
	`""`, `" "`, `"\n"`, `"x"`, `"\u0000"`, `"a\u0000b"`, `"\ud800"`, `"\udc00\ud800"`, `"\u202egnp.exe"`, `"\ufeff"`,
	"\"\xff\xfe\"", "\"\xc0\xaf\"", "\"a\nb\"", `"👩‍👩‍👧‍👦"`, `"' OR 1=1; --"`, `"%s%n{{7*7}}${7*7}"`,
	`"../../etc/passwd"`,
	`"00000000-0000-0000-0000-000000000000"`, `"0198C7A2-3B1E-7C11-9A44-0C1B8E0F2D55"`,
	`"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999999Z"`, `"10000-01-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`,
	`"2026-01-01T00:00:60Z"`, `"2026-01-01T00:00:00+23:59"`, `"2026-01-01"`,
	`"` + strings.Repeat("x", 600) + `"`, `"` + strings.Repeat("ß", 10_001) + `"`,
	`"` + strings.Repeat("a", 1025) + `@example.com"`,
	strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("9", 5000),
}

// oddBodies are whole bodies.
var oddBodies = []string{
	``, ` `, `null`, `[]`, `"x"`, `1`, `{`, `}`, `{}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{'a':1}`, `NaN`, `{}{}`, `{} x`,
	"\ufeff{}", "\xff\xfe{\x00}\x00", "\x00", "<a/>", "a=1&b=2", `{"__proto__":{"x":1}}`, `{"":""}`, `{"\u0000":1}`,
	strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 20_000),
	strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000),
	`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, `{"a":"` + strings.Repeat("x", 2<<20) + `"}`,
	"{" + strings.Repeat(`"a":1,`, 20_000) + `"a":1}`,
}

// oddText is for parameters, escaped.
var oddText = []string{
	"", "x", "-1", "0", "1e9", "1.5", "99999999999999999999", "true", "null", "%00", "a%00b", "%FF", "%C0%AF", "%20", "%0A",
	"%2E%2E", "..", "%2F", "%25", "%F0%9F%92%A9", "'%20OR%201=1;--", "*", "%7B%7D", "00000000-0000-0000-0000-000000000000",
	"0198C7A2-3B1E-7C11-9A44-0C1B8E0F2D55", "urn:uuid:0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55",
	"0198c7a23b1e7c119a440c1b8e0f2d55", "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d5", "2026-13-01T00:00:00Z",
	"9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z", strings.Repeat("x", 4000), strings.Repeat("%F0%9F%92%A9", 300),
}

// oddTokens are credentials, as they stand in the header.
func oddTokens(good string) []string {
	parts := strings.Split(good, ".")
	forged := func(header string) string {
		return "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "."
	}
	return []string{
		"Bearer", "Bearer ", "Bearer x", "Bearer ..", "Bearer a.b.c", "bearer", "Basic YTpi", "Token " + good, good,
		"Bearer " + good + "x", "Bearer " + good[:len(good)-1], "Bearer " + parts[0] + "." + parts[1] + ".",
		"Bearer " + good + " " + good, "Bearer\t" + good,
		"Bearer " + strings.Repeat("a", 20_000), "Bearer \x80\xff", "Bearer 😀",
		forged(`{"alg":"none","typ":"JWT"}`), forged(`{"alg":"RS256","kid":"../../x"}`), forged(`{}`), forged(`null`),
		"Bearer " + strings.Repeat("."+parts[1], 50),
	}
}

// oddHeaders are headers that somebody might trust, or choke on.
var oddHeaders = map[string][]string{
	"If-Match": {
		"*", `""`, `"x"`, `"1"`, `W/"1.x"`, "1", `"1.a","2.b"`, `"9223372036854775808.x"`, `"-1.x"`, ",", `"`, "\xff",
		strings.Repeat(`"1.a",`, 1000),
	},
	"If-None-Match": {"*", `""`, `W/"x"`, `"a","b"`, ",", `"`, "\xff", strings.Repeat(`"1.a",`, 1000)},
	"Content-Type": {
		"", "text/plain", "application/xml", "application/json; charset=latin1", ";;", "a", "\xff",
		"application/json, text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
	},
	"Content-Encoding":       {"gzip", "x", "identity, gzip"},
	"Accept":                 {"", "text/html", "*/*;q=0", "\xff", "application/xml", strings.Repeat("a/b,", 1000)},
	"Accept-Encoding":        {"*;q=0", "gzip;q=x", "br", "\xff"},
	"X-Request-Id":           {"", strings.Repeat("x", 5000), "\xff\xfe", "<script>", "a b", "a\tb"},
	"Origin":                 {"null", "http://evil.example", "\xff", "http://localhost:3000"},
	"Range":                  {"bytes=0-0", "bytes=-1", "x"},
	"X-Http-Method-Override": {"DELETE"},
	"X-Forwarded-For":        {"127.0.0.1", "x", strings.Repeat("1.1.1.1,", 1000), "\xff"},
	"Forwarded":              {"for=\"", "for=unknown"},
	"Transfer-Encoding":      {"chunked", "x"},
	"Expect":                 {"100-continue"}, // any other is refused by net/http itself, before a handler sees it
	"Upgrade":                {"websocket", "h2c"},
	"Connection":             {"upgrade", "close"},
	"Cookie":                 {"a=b", strings.Repeat("a=b;", 2000)},
	"Idempotency-Key":        {"", "x", strings.Repeat("x", 256), "\xff", `"`},
	"Traceparent":            {"00-0-0-00", "\xff"},
	"Accept-Language":        {"\xff", strings.Repeat("de,", 2000)},
}

var oddMethods = []string{"HEAD", "OPTIONS", "TRACE", "PUT", "POST", "GET", "DELETE", "PATCH", "get", "FOO", "PROPFIND"}

// mutations returns everything that can be done to a request for an operation.
func mutations(o harness.Operation, token string) []mutation {
	var all []mutation
	add := func(name string, apply func(*shot)) { all = append(all, mutation{name, apply, false}) }
	addEdge := func(name string, apply func(*shot)) { all = append(all, mutation{name, apply, true}) }

	example, takesBody := o.BodyExample()
	addEdge("a body", func(s *shot) { s.body = []byte("x") })
	if takesBody {
		for _, body := range oddBodies {
			addEdge("body "+clip(body), func(s *shot) { s.body = []byte(body) })
		}
		addEdge("no body", func(s *shot) { s.body = nil })
		add("an unknown member", func(s *shot) { s.pack(`"nobody_knows":1`) })
	}
	for _, member := range slices.Sorted(maps.Keys(example)) {
		for _, value := range oddJSON {
			add(member+" = "+clip(value), func(s *shot) { s.members[member] = json.RawMessage(value); s.pack() })
		}
		add(member+" missing", func(s *shot) { delete(s.members, member); s.pack() })
		add(member+" twice", func(s *shot) { s.pack(`"` + member + `":1`) })
		add(member+" in capitals", func(s *shot) { s.pack(`"` + strings.ToUpper(member) + `":"x"`) })
	}
	for _, parameter := range o.Parameters("query") {
		for _, value := range oddText {
			add(parameter+"="+clip(value), func(s *shot) { s.query = parameter + "=" + value })
		}
		add(parameter+" twice", func(s *shot) { s.query = parameter + "=1&" + parameter + "=2" })
	}
	for _, query := range []string{
		"x=1", "=", "&&&", "%", "%zz=%zz", "a;b", "\xff", "%00", "limit", strings.Repeat("a=1&", 3000),
	} {
		add("?"+clip(query), func(s *shot) { s.query = query })
	}
	if strings.Contains(o.Path, "{") {
		for _, value := range oddText {
			add("id "+clip(value), func(s *shot) { s.path = withID(o.Path, value) })
		}
		add("an id of nothing", func(s *shot) { s.path = withID(o.Path, "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55") })
	}
	for _, suffix := range []string{"/", "//", "/..", "/%2e%2e", "%00", ";a=b", "/x", "?"} {
		addEdge("path"+suffix, func(s *shot) { s.path += suffix })
	}
	if !o.Public {
		addEdge("no token", func(s *shot) { s.headers.Del("Authorization") })
		addEdge("two tokens", func(s *shot) { s.headers["Authorization"] = []string{"Bearer " + token, "Bearer " + token} })
	}
	for _, value := range oddTokens(token) {
		addEdge("token "+clip(value), func(s *shot) { s.headers.Set("Authorization", value) })
	}
	for _, header := range slices.Sorted(maps.Keys(oddHeaders)) {
		for _, value := range oddHeaders[header] {
			addEdge(header+": "+clip(value), func(s *shot) { s.headers[header] = []string{value} })
		}
		if header != "Expect" {
			addEdge(header+" twice", func(s *shot) { s.headers[header] = []string{"a", "b"} })
		}
	}
	for _, method := range oddMethods {
		addEdge("method "+method, func(s *shot) { s.method = method })
	}
	return all
}

var pathParameter = regexp.MustCompile(`\{[^}]+\}`)

// withID puts the id into every parameter of a path.
func withID(path, id string) string { return pathParameter.ReplaceAllLiteralString(path, id) }

func clip(s string) string {
	if len(s) > 40 {
		return url.QueryEscape(s[:40]) + "…"
	}
	return s
}

// garble flips, drops and repeats bytes of a body.
func garble(body []byte, pick func(n int) int) []byte {
	body = bytes.Clone(body)
	for range 1 + pick(4) {
		if len(body) == 0 {
			return body
		}
		at := pick(len(body))
		switch pick(4) {
		case 0:
			body[at] ^= byte(1 << pick(8))
		case 1:
			body = slices.Delete(body, at, at+1)
		case 2:
			body = slices.Insert(body, at, body[at])
		case 3:
			body = slices.Insert(body, at, byte(pick(256)))
		}
	}
	return body
}
