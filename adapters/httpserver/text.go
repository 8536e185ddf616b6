package httpserver

import (
	"net/url"
	"strings"
)

// validText replaces what is not UTF-8.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func requestURL(path string) *url.URL { return &url.URL{Path: path} }
