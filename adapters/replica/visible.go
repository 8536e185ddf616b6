package replica

import (
	"slices"

	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Condition is a part of a WHERE clause with its bound arguments.
type Condition struct {
	SQL  string
	Args []any
}

// After returns the arguments of a statement in which the condition comes last: those given, then its own.
func (c Condition) After(args ...any) []any { return slices.Concat(args, c.Args) }

// Or holds where c does, or the other condition.
func (c Condition) Or(sql string, args ...any) Condition {
	return Condition{"(" + c.SQL + " OR " + sql + ")", slices.Concat(c.Args, args)}
}

// Owns holds for the rows that are personally the user's. The table, or alias, has the columns owner_id and
// organization_id.
func Owns(table string, user ids.ID) Condition {
	return Condition{"(" + table + ".owner_id = ? AND " + table + ".organization_id IS NULL)", []any{user}}
}

// Sees holds for the rows that the caller may see: what is personally theirs, what belongs to an organisation of which
// they are a member, and everything if they are a system admin. The table is as for [Owns]. Every statement that is to
// find no more than the caller may see uses it, in every module.
func (m *Memberships) Sees(table string, caller auth.Principal) Condition {
	if caller.IsAdmin() {
		return Condition{SQL: "TRUE"}
	}
	return Owns(table, caller.UserID).Or(m.includes(table+".organization_id"), caller.UserID)
}

// Includes holds if the user is a member of the organisation. It depends on no row, so that the database evaluates it
// once per statement.
func (m *Memberships) Includes(organizationID, user ids.ID) Condition {
	return Condition{m.includes("?"), []any{organizationID, user}}
}

func (m *Memberships) includes(organization string) string {
	return "EXISTS (SELECT 1 FROM " + m.table + " member WHERE member.organization_id = " + organization +
		" AND member.user_id = ?)"
}

// Table returns the name of the table, for statements that join it.
func (m *Memberships) Table() string { return m.table }
