package httpserver

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/yaml"

	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
	"fasttrack/shared/precondition"
)

const securityScheme = "bearer"

func (s *Server) humaConfig() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: s.config.Title, Version: s.config.Version,
				Description: "Projects, tasks and comments, with live notifications.",
				License:     &huma.License{Name: "MIT", Identifier: "MIT"},
			},
			Servers: []*huma.Server{{URL: "/", Description: "The server that this document comes from."}},
			Components: &huma.Components{
				Schemas: s.registry,
				Headers: rateLimitHeaders(),
				SecuritySchemes: map[string]*huma.SecurityScheme{securityScheme: {
					Type: "http", Scheme: "bearer", BearerFormat: "JWT",
					Description: "The access token of POST /api/v1/auth/login: a JWT that is signed and checked as " +
						"RFC8725 asks.",
				}},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

// describe says what huma is to know of an operation before it looks at the types.
func (s *Server) describe(rt *route, input, output reflect.Type) huma.Operation {
	op := rt.op
	d := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: rt.path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.Tag}, DefaultStatus: op.Status, Deprecated: op.Deprecated,
		Parameters: documented(op.Query), Responses: map[string]*huma.Response{},
		// The limits are ours, see limits.go: huma's would refuse a body that is exactly as long as it may be.
		MaxBodyBytes: -1, BodyReadTimeout: s.config.BodyTimeout,
	}
	switch {
	case !op.Public:
		d.Security = []map[string][]string{{securityScheme: {}}}
	case slices.Contains(op.Errors, auth.ErrUnauthenticated):
		d.Security = []map[string][]string{{securityScheme: {}}, {}} // looks for a token itself, which may be elsewhere
	}
	resource := reflect.New(output).Interface()
	if _, is := resource.(interface{ isResource() }); is && op.Method == http.MethodGet {
		d.Parameters = append(d.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The ETag of what the client has: 304 if it is still the same.",
		})
		d.Responses["304"] = &huma.Response{
			Description: "Not modified: the client has it already.", Headers: always("ETag", "The tag that the client has."),
		}
	}
	if rt.repeats {
		d.Parameters = append(d.Parameters, &huma.Param{
			Name: headerIdempotencyKey, In: "header",
			Schema:  &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(2*maxIdempotencyKey + 2)},
			Example: "8e03978e-40d5-43dd-bc93-6894a57f9324",
			Description: "1 to 255 printable ASCII characters, quoted or not, new for each thing that is to be created. " +
				"Sent again within 24 hours with the same body, it is answered as it was the first time, with the header " +
				"`Idempotent-Replayed: true`, and nothing is created.",
		})
	}
	codes := rt.errorCodes(input)
	problem := s.registry.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, examples := range codes {
		d.Responses[strconv.Itoa(status)] = problemResponse(problem, status, examples)
	}
	maps.Copy(d.Responses, op.responses)
	return d
}

func documented(query []Parameter) []*huma.Param {
	params := make([]*huma.Param, len(query))
	for i, p := range query {
		params[i] = &huma.Param{Name: p.Name, In: "query", Schema: p.schema(), Description: p.Description}
	}
	return params
}

// errorCodes returns what an operation may answer with, by status and code: its own errors, and those of its shape.
func (rt *route) errorCodes(input reflect.Type) map[int]map[string]string {
	codes := map[int]map[string]string{}
	add := func(status int, code, message string) {
		if codes[status] == nil {
			codes[status] = map[string]string{}
		}
		codes[status][code] = message
		rt.server.codes[code] = true
	}
	_, hasBody := input.FieldByName("Body")
	embedded := reflect.New(input).Interface()
	_, isConditional := embedded.(interface{ isConditional() })
	_, isPaged := embedded.(interface{ isPaged() })

	add(http.StatusBadRequest, codeMalformed, "the query is not well formed")
	add(http.StatusUnprocessableEntity, errs.CodeValidationFailed, "the request has 1 invalid field")
	add(http.StatusInternalServerError, codeInternal, detailInternal)
	add(http.StatusServiceUnavailable, errs.CodeUnavailable, "try again later")
	if !rt.op.Public {
		for _, e := range []*errs.Error{auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked} {
			add(http.StatusUnauthorized, e.Code, e.Message)
		}
	}
	if rt.limited() {
		add(http.StatusTooManyRequests, errs.CodeRateLimited, "too many requests")
	}
	if strings.Contains(rt.path, "{") {
		add(http.StatusNotFound, errs.CodeNotFound, "there is nothing here")
	}
	if hasBody {
		add(http.StatusBadRequest, codeMalformed, "the body is not valid JSON (at byte 17)")
		add(http.StatusRequestTimeout, codeRequestTimeout, "the body did not arrive in time")
		add(http.StatusRequestEntityTooLarge, codePayloadTooLarge, rt.server.detailTooLarge())
		add(http.StatusUnsupportedMediaType, codeUnsupportedMediaType, detailMediaType)
	}
	if isConditional {
		add(http.StatusPreconditionFailed, precondition.ErrFailed.Code, precondition.ErrFailed.Message)
	}
	if isPaged {
		add(http.StatusUnprocessableEntity, page.ErrCursorMismatch.Code, page.ErrCursorMismatch.Message)
	}
	if rt.repeats {
		for _, e := range []*errs.Error{ErrIdempotencyMismatch, ErrIdempotencyInFlight} {
			add(statusOfKind[e.Kind], e.Code, e.Message)
		}
	}
	for _, e := range rt.op.Errors {
		add(statusOfKind[e.Kind], e.Code, e.Message)
	}
	return codes
}

func problemResponse(schema *huma.Schema, status int, codes map[string]string) *huma.Response {
	names := slices.Sorted(maps.Keys(codes))
	examples := map[string]*huma.Example{}
	for _, code := range names {
		example := newProblem(&request{id: "0198c7a2-3b1e-7c11-9a44-0c1b8e0f2d55"}, status, code, codes[code])
		examples[code] = &huma.Example{Summary: code, Value: example}
	}
	r := &huma.Response{
		Description: fmt.Sprintf("%s: `%s`.", http.StatusText(status), strings.Join(names, "`, `")),
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Examples: examples}},
	}
	switch status {
	case http.StatusUnauthorized:
		r.Headers = always("WWW-Authenticate", "How to authenticate (RFC 6750).")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers = always("Retry-After", "Seconds to wait before the next try.")
	}
	return r
}

func header(name, description string) map[string]*huma.Param {
	return map[string]*huma.Param{name: {Description: description, Schema: &huma.Schema{Type: huma.TypeString}}}
}

// always is a header that no such answer lacks.
func always(name, description string) map[string]*huma.Param {
	h := header(name, description)
	h[name].Required = true
	return h
}

// rateLimitHeaders are those of every answer of an operation that has a budget, unless limits are switched off.
func rateLimitHeaders() map[string]*huma.Header {
	headers := header("RateLimit-Policy", "The budget: its name, q requests in w seconds.")
	maps.Copy(headers, header("RateLimit", "What is left of it: r requests; one more in t seconds."))
	for name, description := range map[string]string{
		"X-RateLimit-Limit":     "How many requests the budget allows.",
		"X-RateLimit-Remaining": "How many are left.",
		"X-RateLimit-Reset":     "Seconds until one more is possible.",
	} {
		headers[name] = &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}}
	}
	return headers
}

// documentLimits adds the headers of the rate limit to what clients see of it: success, and a refusal. Other answers
// have them as well, but to say so would make the document half as long again.
func documentLimits(op *huma.Operation) {
	for _, status := range []int{op.DefaultStatus, http.StatusTooManyRequests} {
		response := op.Responses[strconv.Itoa(status)]
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		for name := range rateLimitHeaders() {
			response.Headers[name] = &huma.Param{Ref: "#/components/headers/" + name}
		}
	}
}

// document adds an operation to the document once all is known about it.
func (s *Server) document(rt *route, op *huma.Operation) {
	success := op.Responses[strconv.Itoa(op.DefaultStatus)]
	if success == nil {
		success = &huma.Response{Description: http.StatusText(op.DefaultStatus)}
		op.Responses[strconv.Itoa(op.DefaultStatus)] = success
	}
	if tag := success.Headers["ETag"]; tag != nil { // it is a Resource
		tag.Required = true
		if op.DefaultStatus == http.StatusCreated {
			maps.Copy(success.Headers, always("Location", "Where the new resource is."))
		}
	}
	if rt.repeats {
		maps.Copy(success.Headers,
			header("Idempotent-Replayed", "true, where this was the answer to an earlier request with the same key."))
	}
	if rt.limited() {
		documentLimits(op)
	}
	for _, media := range success.Content {
		s.addExample(media)
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			s.addExample(media)
		}
	}
	s.huma.OpenAPI().AddOperation(op)
}

func (s *Server) addExample(media *huma.MediaType) {
	if media.Example == nil && len(media.Examples) == 0 && media.Schema != nil {
		media.Example = exampleOf(s.registry, media.Schema, 0)
	}
}

// documents are the OpenAPI document in its two forms, made once.
type documents struct {
	once       sync.Once
	json, yaml []byte
	err        error
}

// OpenAPI returns the document of all operations, as JSON and as YAML. It needs no serving server, and freezes it.
func (s *Server) OpenAPI() (asJSON, asYAML []byte, err error) {
	d := &s.documents
	d.once.Do(func() {
		code := s.registry.schemas["Problem"].Properties["code"]
		code.Enum = nil
		for _, name := range slices.Sorted(maps.Keys(s.codes)) {
			code.Enum = append(code.Enum, name)
		}
		api := s.huma.OpenAPI()
		s.describeTags(api)
		d.json, d.yaml, d.err = write(api)
	})
	if d.err != nil {
		return nil, nil, fmt.Errorf("write the OpenAPI document: %w", d.err)
	}
	return d.json, d.yaml, nil
}

// write returns the document in its two forms.
func write(api *huma.OpenAPI) (asJSON, asYAML []byte, err error) {
	if asJSON, err = api.MarshalJSON(); err != nil {
		return nil, nil, err
	}
	if asJSON, err = shareEnums(asJSON); err != nil {
		return nil, nil, err
	}
	var text bytes.Buffer
	if err := yaml.Convert(&text, bytes.NewReader(asJSON)); err != nil {
		return nil, nil, err
	}
	return asJSON, text.Bytes(), nil
}

// describeTags lists the groups in the order of their names.
func (s *Server) describeTags(api *huma.OpenAPI) {
	names := map[string]bool{}
	for _, path := range api.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				for _, tag := range op.Tags {
					names[tag] = true
				}
			}
		}
	}
	api.Tags = nil
	for _, name := range slices.Sorted(maps.Keys(names)) {
		api.Tags = append(api.Tags, &huma.Tag{Name: name, Description: s.tags[name]})
	}
}
