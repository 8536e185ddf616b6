package httpserver

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	redoc "github.com/mvrilo/go-redoc"
	"github.com/swaggest/swgui/v5/static"
)

const tagOperations = "Operations"

// The pages are ours, so that their policy can be strict; the programs in them come with the binary.
const (
	swaggerScript = `window.ui = SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null, persistAuthorization: false,
  presets: [SwaggerUIBundle.presets.apis]
});`
	swaggerPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: Swagger UI</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script>` + swaggerScript + `</script>
</body>
</html>
`
	redocScript = `Redoc.init("/openapi.json", {hideDownloadButton: false}, document.getElementById("ui"));`
	redocPage   = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: Redoc</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="ui"></div>
<script src="/redoc/redoc.standalone.js"></script>
<script>` + redocScript + `</script>
</body>
</html>
`
)

type indexOutput struct{ Body indexBody }

type indexBody struct {
	Name    string            `json:"name" example:"fasttrack"`
	Version string            `json:"version" example:"1.0.0"`
	Links   map[string]string `json:"links" doc:"Where to go from here."`
}

func (indexBody) schemaName() string { return "Index" }

func (s *Server) registerDocs() {
	root := s.API().Root()
	Register(root, Operation{
		ID: "get-index", Method: http.MethodGet, Path: "/", Tag: tagOperations, Public: true,
		Summary:     "Show name, version and where to go from here",
		Description: "Links are relative to the server.",
	}, func(context.Context, *struct{}) (*indexOutput, error) {
		return &indexOutput{Body: indexBody{Name: s.config.Title, Version: s.config.Version, Links: map[string]string{
			"api": "/api/v1", "docs": "/docs", "redoc": "/redoc", "openapi": "/openapi.json", "asyncapi": asyncAPIPath,
			"health": "/health",
		}}}, nil
	})
	root.Group(tagOperations, "For those who run the program: its state, its metrics and its documentation.")
	s.serveDocument("get-openapi-json", "/openapi.json", "As JSON.", "application/openapi+json")
	s.serveDocument("get-openapi-yaml", "/openapi.yaml", "As YAML.", "application/openapi+yaml")
	s.servePage(Operation{
		ID: "get-swagger-ui", Path: "/docs", Summary: "Show the documentation in Swagger UI",
		Description: "A page on which requests can be tried.",
	}, swaggerPage, swaggerScript)
	s.servePage(Operation{
		ID: "get-redoc", Path: "/redoc", Summary: "Show the documentation in Redoc", Description: "A page to read.",
	}, redocPage, redocScript)

	s.serveAsset("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", swaggerAsset("swagger-ui-bundle.js.gz"))
	s.serveAsset("/docs/swagger-ui.css", "text/css; charset=utf-8", swaggerAsset("swagger-ui.css.gz"))
	s.serveAsset("/docs/favicon-32x32.png", "image/png", swaggerAsset("favicon-32x32.png"))
	s.serveAsset("/redoc/redoc.standalone.js", "text/javascript; charset=utf-8", func() ([]byte, error) {
		// It assigns a global that strict code may not create, and would fall back on eval, which the policy forbids.
		return []byte("var regeneratorRuntime;\n" + redoc.JavaScript), nil
	})
}

// serveAsset adds a file of the documentation's pages, which is no operation of the API.
func (s *Server) serveAsset(path, contentType string, read func() ([]byte, error)) {
	content := sync.OnceValues(read)
	s.router.Path(path).Methods(http.MethodGet).Handler(compress(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestFrom(r.Context()).route = path
		body, err := content()
		if err != nil {
			writeProblem(w, s.problem(r.Context(), fmt.Errorf("read %s: %w", path, err)))
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=3600")
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	})))
}

// swaggerAsset reads a file of Swagger UI out of the binary; most are kept compressed there.
func swaggerAsset(name string) func() ([]byte, error) {
	return func() ([]byte, error) {
		f, err := static.FS.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		if !strings.HasSuffix(name, ".gz") {
			return io.ReadAll(f)
		}
		unzipped, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(unzipped)
	}
}

func (s *Server) serveDocument(id, path, description, contentType string) {
	op := Operation{ID: id, Path: path, Summary: "Get the OpenAPI 3.1 document", Description: description}
	s.servePublic(op, contentType,
		func(w http.ResponseWriter, r *http.Request) {
			asJSON, asYAML, err := s.OpenAPI()
			if err != nil {
				writeProblem(w, s.problem(r.Context(), err))
				return
			}
			body := asJSON
			if strings.HasSuffix(path, ".yaml") {
				body = asYAML
			}
			_, _ = w.Write(body)
		})
}

// Metrics serves the metrics of the program at /metrics. It must be called before the server serves.
func (s *Server) Metrics(handler http.Handler) {
	s.quiet["/metrics"] = true
	s.servePublic(Operation{
		ID: "get-metrics", Path: "/metrics", Summary: "Get the metrics, for Prometheus",
		Description: "In Prometheus' text format. It is not here where metrics have an address of their own.",
	}, "text/plain; version=0.0.4; charset=utf-8", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Header.Del("Accept") // the one form that is documented
		handler.ServeHTTP(w, r)
	})
}

func (s *Server) servePage(op Operation, page, script string) {
	page = strings.ReplaceAll(page, "{title}", s.config.Title)
	// Redoc's styles are made in the browser, and its search runs in a worker.
	policy := "default-src 'none'; script-src 'self' " + hashOf(script) + "; style-src 'self' 'unsafe-inline'; " +
		"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; child-src blob:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	s.servePublic(op, "text/html; charset=utf-8", func(w http.ResponseWriter, r *http.Request) {
		if s.config.CSPMode == CSPStrict {
			w.Header().Set(headerCSP, policy)
		}
		_, _ = w.Write([]byte(page))
	})
}

// servePublic adds a GET for everybody, at the root, that answers with something other than a JSON resource.
func (s *Server) servePublic(op Operation, contentType string, write http.HandlerFunc) {
	media, _, _ := strings.Cut(contentType, ";")
	shape := &huma.Schema{Type: huma.TypeString}
	if strings.HasSuffix(media, "json") {
		shape = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
	}
	op.Method, op.Tag, op.Public, op.cacheable = http.MethodGet, tagOperations, true, true
	op.responses = map[string]*huma.Response{"200": {
		Description: http.StatusText(http.StatusOK),
		Content:     map[string]*huma.MediaType{media: {Schema: shape}},
	}}
	Register(s.API().Root(), op, func(context.Context, *struct{}) (*streamed, error) {
		return &streamed{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", contentType)
			ctx.SetHeader("Cache-Control", "public, no-cache")
			r, w := humamux.Unwrap(ctx)
			write(w, r)
		}}, nil
	})
}

type streamed struct{ Body func(huma.Context) }

// hashOf allows one inline script by what it says.
func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
