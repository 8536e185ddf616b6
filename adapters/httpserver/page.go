package httpserver

import "net/http"

// Page is a page of the documentation that a module brings along.
type Page struct {
	ID      string // as an operation's
	Path    string // below /docs
	Summary string
	About   string // what it is for, in a sentence
	HTML    []byte
	Assets  []Asset // what it loads
}

// Asset is a file of a [Page].
type Asset struct {
	Path        string
	ContentType string
	Content     []byte
}

// policyOfPage lets a page load what this server has, and talk to it. Nothing may be inline.
const policyOfPage = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page adds a page.
func (a *API) Page(p Page) {
	s := a.server
	for _, asset := range p.Assets {
		s.serveAsset(asset.Path, asset.ContentType, func() ([]byte, error) { return asset.Content, nil })
	}
	op := Operation{ID: p.ID, Path: p.Path, Summary: p.Summary, Description: p.About}
	s.servePublic(op, "text/html; charset=utf-8", func(w http.ResponseWriter, _ *http.Request) {
		if s.config.CSPMode == CSPStrict {
			w.Header().Set(headerCSP, policyOfPage)
		}
		_, _ = w.Write(p.HTML)
	})
}
