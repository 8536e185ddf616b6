package gormstore

import "fasttrack/shared/auth"

// Which projects exist for whom is said here alone, for every statement that is told who asks.

// condition is a part of a WHERE, with what is bound to it.
type condition struct {
	sql  string
	args []any
}

// maySee is true of a row of projects: the owner's personal projects, and for a system admin all.
func maySee(who auth.Principal) condition {
	if who.IsAdmin() {
		return condition{sql: "TRUE"}
	}
	return condition{"(owner_id = ? AND organization_id IS NULL)", []any{who.UserID}}
}
