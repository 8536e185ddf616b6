package gormstore

import (
	"fasttrack/adapters/replica"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// This file decides which projects a caller may see. Every statement that takes a caller uses it, but for the list of
// the own, which is read range by range (lists.go).

// maySee holds for the rows of projects that the caller may see: their personal projects, those of the organisations
// of which they are a member, or every project if the caller is a system admin.
func (s *Store) maySee(caller auth.Principal) replica.Condition {
	return s.members.Sees("projects", caller)
}

// owns holds for the rows of projects that are the user's personal ones.
func owns(user ids.ID) replica.Condition { return replica.Owns("projects", user) }
