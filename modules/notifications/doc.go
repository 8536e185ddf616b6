// Package notifications is the bounded context of notifications: what users are told of what others did.
//
// Owns: the feed of every user, and the sockets over which it arrives.
// Publishes: notifications.notifications_appended.
// Listens: comments.comment_added, identity.session_ended, tasks.task_assigned, tasks.task_status_changed, tasks.task_unassigned.
// Keeps copies: none.
// Tables: notification_streams, notifications.
//
// Beside the rooms that every module has there is application/feeder, the loop that brings a feed to whoever follows
// it, and adapters/ws, the socket.
package notifications
