// Package httpserver is the HTTP edge of fasttrack: one server, one API document, one form of error.
//
// A module gets an [API] and registers its routes on it with [Register]: typed input and output, and an [Operation]
// that says who may call, what it answers and which errors of its own it gives. Everything else is the same for all
// routes and done here: request id, access log, recovery, security headers, CORS, limits, who is asking, strict
// reading of path, query and body, problem documents (RFC 9457), entity tags, lists with cursors, and OpenAPI 3.1.
//
// Checks run in this order: who is asking (401), what was sent (400, 413, 415, 422), and then what the handler says:
// 404, 403, 409, 412.
//
// A handler returns plain errors. An [errs.Error] becomes the problem document of its kind; anything else becomes a
// 500 that says nothing, and goes to the log under the request's id.
package httpserver
