// Package notifications is the bounded context of notifications: what users are told of what others did.
//
// Owns: the feed of every user, the sockets and event streams over which it arrives, the tickets that open them, and the
// mail to assignees.
// Publishes: notifications.notifications_appended.
// Listens: comments.comment_added, identity.session_ended, identity.user_changed, identity.user_registered, tasks.task_assigned, tasks.task_status_changed, tasks.task_unassigned.
// Keeps copies of: users (their addresses, whether they are active), for mail.
// Tables: notification_streams, notifications, notification_tickets, notification_users.
//
// Nothing but mail needs a copy: events carry titles, names, owner and assignee.
//
// Beside the rooms that every module has there is application/feeder, the loop that brings a feed to whoever follows
// it, and adapters/ws, the socket and the event stream, with their page and their document.
//
// Locks are taken in one order by everybody: the streams in the order of their users, then notifications in the order of
// their numbers.
package notifications
