package gormstore

import (
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// This file alone decides which organisations a caller may see. Every statement that takes a caller uses it.

// condition is a part of a statement with its bound arguments.
type condition struct {
	sql  string
	args []any
}

// memberships are the organisations o that the caller belongs to, each with their membership c.
func memberships(caller auth.Principal) condition {
	return condition{
		"organizations o JOIN organization_members c ON c.organization_id = o.id AND c.user_id = ?", []any{caller.UserID},
	}
}

// visible are the organisations o that the caller may see, each with their membership c if there is one: those that
// they belong to, or every one if they are a system admin.
func visible(caller auth.Principal) condition {
	if caller.IsAdmin() {
		c := memberships(caller)
		c.sql = "organizations o LEFT JOIN organization_members c ON c.organization_id = o.id AND c.user_id = ?"
		return c
	}
	return memberships(caller)
}

// maySee holds if there is a visible organisation with this id. It depends on no row of the statement that it is in.
func maySee(caller auth.Principal, id ids.ID) condition {
	seen := visible(caller)
	return condition{"EXISTS (SELECT 1 FROM " + seen.sql + " WHERE o.id = ?)", append(seen.args, id)}
}
