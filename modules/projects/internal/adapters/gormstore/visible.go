package gormstore

import "fasttrack/shared/auth"

// This file alone decides which projects a caller may see. Every statement that takes a caller uses it.

// condition is a part of a WHERE clause with its bound arguments.
type condition struct {
	sql  string
	args []any
}

// maySee holds for the rows of projects that the caller may see: their personal projects, or every project if the
// caller is a system admin.
func maySee(caller auth.Principal) condition {
	if caller.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(owner_id = ? AND organization_id IS NULL)", []any{caller.UserID}}
}
