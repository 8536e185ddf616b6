package ws

import (
	_ "embed"

	"fasttrack/adapters/httpserver"
)

//go:embed page.html
var pageHTML []byte

//go:embed page.js
var pageScript []byte

//go:embed page.css
var pageStyle []byte

// page is where one can open a socket and see what is said on it.
var page = httpserver.Page{
	ID: "get-socket-page", Path: "/docs/ws", Summary: "Show a page to try the socket on",
	About: "One can log in there, connect, watch and send.", HTML: pageHTML,
	Assets: []httpserver.Asset{
		{Path: "/docs/ws/page.js", ContentType: "text/javascript; charset=utf-8", Content: pageScript},
		{Path: "/docs/ws/page.css", ContentType: "text/css; charset=utf-8", Content: pageStyle},
	},
}
