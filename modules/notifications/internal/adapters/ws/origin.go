package ws

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// isAllowed reports whether the page that asks may connect. A client that names no page is not a browser. Our own
// pages may, whatever the scheme: behind a proxy it is not known. Others must be configured; a "*" in an origin stands
// for a part of the host, and alone for any origin.
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
	return slices.ContainsFunc(h.config.Origins, func(allowed string) bool {
		return allowed == "*" || matches(origin, strings.ToLower(allowed))
	})
}

// matches compares an origin with one that is allowed, in which a "*" stands for a part of the host.
func matches(origin, allowed string) bool {
	before, after, wild := strings.Cut(allowed, "*")
	if !wild {
		return origin == allowed
	}
	rest, ok := strings.CutPrefix(origin, before)
	if !ok {
		return false
	}
	part, ok := strings.CutSuffix(rest, after)
	return ok && !strings.ContainsAny(part, "/@")
}
