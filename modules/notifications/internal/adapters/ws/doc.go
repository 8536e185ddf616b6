// Package ws is the socket over which a user's notifications arrive as they happen, and the event stream beside it, which
// shows the same to clients that only listen.
//
// A socket is opened by [Hub.Open], an HTTP handler: who is it, from which page, how far back. From then on two
// goroutines of melody serve it, one that reads and one that writes; what it gets comes from the feeder, which never
// hands it more than it has room for. Every queue here is bounded: a client that does not keep up is closed, never
// waited for. While a client does not read the answers to its messages, no more of its messages are read.
//
// An event stream is served by the goroutine of its request: what the feeder delivers waits in a window of its own, and
// each write has a deadline. Sockets and streams have one index by user, for the limit per user, the end of a session and
// the stop.
//
// What is said stands in messages.go as types, of which the AsyncAPI document is made (channel.go). page.html is where one
// can try it.
//
// Closing a socket is done in one place, by [socket.close]: it says a code, in a goroutine of its own, and cuts the connection
// a moment later. All goroutines are counted, and [Hub.Run] returns when the last of them has ended.
//
// Of melody these habits are worked around: its hub walks all sessions, so there is an index by user; closing a
// session from its error handler recurses, so the connection is closed instead; its connect handler runs before
// anything is written, so all questions are asked before; it keeps the request, with the token in it, so that is
// replaced.
package ws
