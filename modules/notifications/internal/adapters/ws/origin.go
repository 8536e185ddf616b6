package ws

import (
	"net/http"
	"net/url"
	"strings"
)

// isAllowed reports whether the page that asks may connect. A client that names no page is not a browser. Our own
// pages may, whatever the scheme: behind a proxy it is not known. Others must be configured; a "*" in an origin stands
// for any text.
func (h *Hub) isAllowed(r *http.Request) bool {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	origin := strings.ToLower(origins[0])
	if page, err := url.Parse(origin); err == nil && page.Host != "" && page.Host == strings.ToLower(r.Host) {
		return true
	}
	for _, allowed := range h.config.Origins {
		before, after, wild := strings.Cut(strings.ToLower(allowed), "*")
		if origin == before && !wild {
			return true
		}
		if wild && len(origin) >= len(before)+len(after) &&
			strings.HasPrefix(origin, before) && strings.HasSuffix(origin, after) {
			return true
		}
	}
	return false
}
