package harness

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

const documented = `{
  "openapi": "3.1.0",
  "paths": {
    "/things/{id}": {"get": {"operationId": "get-thing", "responses": {
      "200": {"headers": {"ETag": {}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
      "204": {},
      "206": {"headers": {"Location": {"required": true}}}
    }, "security": [{"bearer": []}, {}]}},
    "/things/mine": {"get": {"operationId": "get-mine", "security": [{"bearer": []}], "responses": {"200": {}}}}
  },
  "components": {"schemas": {"Thing": {
    "type": "object", "additionalProperties": false, "required": ["id"],
    "properties": {"id": {"type": "string", "format": "uuid"}}
  }}}
}`

// TestTheContractBites: an answer is held against the document in every respect.
func TestTheContractBites(t *testing.T) {
	t.Parallel()
	c, err := newContract([]byte(documented))
	require.NoError(t, err)
	const good = `{"id":"0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"}`
	for _, test := range []struct {
		what, method, path, contentType, body string
		status                                int
		headers                               []string
		wrong                                 string // "": nothing
	}{
		{"as documented", "GET", "/things/1", "application/json", good, 200, []string{"Etag"}, ""},
		{"a parameter of the media type", "GET", "/things/1", "application/json; charset=utf-8", good, 200, nil, ""},
		{"no body where none is", "GET", "/things/1", "", "", 204, nil, ""},
		{"a head", "HEAD", "/things/1", "application/json", "", 200, nil, ""},
		{"the exact path wins", "GET", "/things/mine", "", "", 200, nil, ""},
		{"a header that is always there", "GET", "/things/1", "", "", 206, []string{"Location"}, ""},
		{"no such route", "GET", "/nothing", "application/problem+json", `{}`, 404, nil, ""},
		{"a method in small letters", "get", "/things/1", "application/problem+json", `{}`, 405, nil, ""},

		{"an answer from nowhere", "GET", "/nothing", "application/json", good, 200, nil, "is not documented"},
		{"an unknown status", "GET", "/things/1", "application/json", good, 418, nil, "status 418 is not documented"},
		{"an unknown header", "GET", "/things/1", "application/json", good, 200, []string{"Link"}, "header Link"},
		{"a header that should be there", "GET", "/things/1", "", "", 206, nil, "lacks the header Location"},
		{"another media type", "GET", "/things/1", "text/html", good, 200, nil, `content type "text/html"`},
		{"no body", "GET", "/things/1", "application/json", "", 200, nil, "has no body"},
		{"not JSON", "GET", "/things/1", "application/json", `{`, 200, nil, "not JSON"},
		{"a member too many", "GET", "/things/1", "application/json", good[:len(good)-1] + `,"x":1}`, 200, nil, "not as documented"},
		{"a member too few", "GET", "/things/1", "application/json", `{}`, 200, nil, "not as documented"},
		{"another format", "GET", "/things/1", "application/json", `{"id":"1"}`, 200, nil, "not as documented"},
	} {
		header := http.Header{"Content-Type": {test.contentType}}
		for _, name := range test.headers {
			header.Set(name, "x")
		}
		err := c.check(test.method, &url.URL{Path: test.path}, test.status, header, []byte(test.body))
		if test.wrong == "" {
			require.NoError(t, err, test.what)
		} else {
			require.ErrorContains(t, err, test.wrong, test.what)
		}
	}
}

func TestOperationsAreReadFromTheDocument(t *testing.T) {
	t.Parallel()
	c, err := newContract([]byte(documented))
	require.NoError(t, err)
	operations := c.operations()
	require.Len(t, operations, 2)
	require.Equal(t, "get-mine", operations[0].ID)
	require.False(t, operations[0].Public)
	require.Equal(t, "GET", operations[1].Method)
	require.True(t, operations[1].Public)
	require.Error(t, operations[1].Validate("200", "application/json", map[string]any{}))
}
