package database

import (
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Insert adds one row of these columns to a table.
//
//	err := database.Insert(s.db.Conn(ctx), "tasks", map[string]any{"id": id, "title": title}).Error
//
// GORM's own Create does the same, and with a map spends as long on it as the statement takes, most of it on telling that a
// map is no model. Neither table nor columns may come from a client. Errors have their meaning, see [Translate].
func Insert(conn *gorm.DB, table string, row map[string]any) *gorm.DB {
	columns, args := ordered(row)
	// The space is for GORM, which takes bytes right behind a parenthesis for a list of numbers.
	marks := " " + strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	return conn.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ",")+") VALUES ("+marks+")", args...)
}

// Update sets these columns, one at least, in the rows of a table for which the condition holds; RowsAffected tells how
// many. Else it is as [Insert].
//
//	q := database.Update(s.db.Conn(ctx), "tasks", map[string]any{"title": title}, "id = ? AND version = ?", id, version)
func Update(conn *gorm.DB, table string, changed map[string]any, where string, args ...any) *gorm.DB {
	columns, values := ordered(changed)
	return conn.Exec("UPDATE "+table+" SET "+strings.Join(columns, "=?,")+"=? WHERE "+where, append(values, args...)...)
}

// ordered returns names and values in the order of the names, so that the same columns make the same statement.
func ordered(row map[string]any) (columns []string, values []any) {
	columns = slices.Sorted(maps.Keys(row))
	for _, c := range columns {
		values = append(values, row[c])
	}
	return columns, values
}
