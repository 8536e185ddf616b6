package harness

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract holds answers against the OpenAPI document that the program itself publishes: a status, header or body
// that is not documented is a failure of the test that got it.
type contract struct {
	document map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex // the compiler is not safe for concurrent use
	schemas map[string]*jsonschema.Schema
}

const documentName = "openapi.json"

// promisedHeaders must be documented wherever they are sent.
var promisedHeaders = []string{"ETag", "Location", "Link", "Retry-After", "Www-Authenticate", "Allow", "Idempotent-Replayed"}

func newContract(document []byte) (*contract, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020) // what OpenAPI 3.1 uses
	compiler.AssertFormat()
	if err := compiler.AddResource(documentName, parsed); err != nil {
		return nil, fmt.Errorf("load the OpenAPI document: %w", err)
	}
	return &contract{
		document: parsed.(map[string]any), compiler: compiler, schemas: map[string]*jsonschema.Schema{},
	}, nil
}

// check returns what is wrong with an answer to a request for the path.
func (c *contract) check(method string, target *url.URL, status int, header http.Header, body []byte) error {
	isHead := method == http.MethodHead
	if isHead {
		method = http.MethodGet // answers as GET does, without the body
	}
	template, operation := c.operation(method, target.Path)
	if operation == nil {
		if status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
			return nil // there is no such route, and that is what was said
		}
		return fmt.Errorf("%s %s is not documented", method, target.Path)
	}
	if isHead && status == http.StatusMethodNotAllowed {
		return nil // of a socket there is no head
	}
	at := []string{"paths", template, strings.ToLower(method), "responses", strconv.Itoa(status)}
	response, ok := lookup(c.document, at).(map[string]any)
	if !ok {
		return fmt.Errorf("%s %s: status %d is not documented", method, template, status)
	}
	for _, name := range promisedHeaders {
		if header.Get(name) != "" && !documents(response, name) {
			return fmt.Errorf("%s %s: header %s of status %d is not documented", method, template, name, status)
		}
	}
	if name := missing(response, header); name != "" {
		return fmt.Errorf("%s %s: status %d lacks the header %s, which it always has", method, template, status, name)
	}
	content, _ := response["content"].(map[string]any)
	if len(body) == 0 || isHead {
		if len(content) > 0 && !isHead {
			return fmt.Errorf("%s %s: status %d has no body but documents one", method, template, status)
		}
		return nil
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if content[media] == nil {
		return fmt.Errorf("%s %s: content type %q of status %d is not documented", method, template, media, status)
	}
	if !strings.HasSuffix(media, "json") {
		return nil
	}
	return c.validate(append(at, "content", media, "schema"), body)
}

func (c *contract) validate(at []string, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	schema, err := c.schema(pointer(at))
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the body is not as documented: %w", err)
	}
	return nil
}

func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if schema := c.schemas[pointer]; schema != nil {
		return schema, nil
	}
	schema, err := c.compiler.Compile(documentName + "#" + pointer)
	if err != nil {
		return nil, fmt.Errorf("compile the schema at %s: %w", pointer, err)
	}
	c.schemas[pointer] = schema
	return schema, nil
}

// operation finds the operation of a method and path: an exact segment wins over a parameter.
func (c *contract) operation(method, path string) (template string, operation map[string]any) {
	if method != strings.ToUpper(method) {
		return "", nil // methods have a case
	}
	paths, _ := c.document["paths"].(map[string]any)
	var best []string
	for candidate, item := range paths {
		op, ok := item.(map[string]any)[strings.ToLower(method)].(map[string]any)
		segments := strings.Split(candidate, "/")
		if !ok || !matches(segments, strings.Split(path, "/")) {
			continue
		}
		if best == nil || slices.Compare(parameters(segments), parameters(best)) < 0 {
			best, template, operation = segments, candidate, op
		}
	}
	return template, operation
}

func matches(template, path []string) bool {
	return slices.EqualFunc(template, path, func(t, p string) bool {
		return t == p || strings.HasPrefix(t, "{") && p != ""
	})
}

// parameters marks the segments that are parameters, for comparison.
func parameters(template []string) []int {
	marks := make([]int, len(template))
	for i, segment := range template {
		if strings.HasPrefix(segment, "{") {
			marks[i] = 1
		}
	}
	return marks
}

func documents(response map[string]any, header string) bool {
	headers, _ := response["headers"].(map[string]any)
	for name := range headers {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// missing returns a header that is documented as required and was not sent.
func missing(response map[string]any, sent http.Header) string {
	headers, _ := response["headers"].(map[string]any)
	for name := range headers {
		if lookup(headers, []string{name, "required"}) == true && sent.Get(name) == "" {
			return name
		}
	}
	return ""
}

func lookup(value any, at []string) any {
	for _, key := range at {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

// pointer writes a JSON pointer (RFC 6901) as the fragment of a URL.
func pointer(at []string) string {
	var out strings.Builder
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	for _, key := range at {
		out.WriteString("/" + url.PathEscape(escape.Replace(key)))
	}
	return out.String()
}
