package database

import "strings"

// Contains returns a condition that holds where the column, which is SQL, contains the text, with what is bound in it.
// The signs that have a meaning in a pattern have none here. Databases disagree about case, so both sides are to be
// folded by the program, see text.Fold.
func Contains(column, part string) (condition string, arg any) {
	return column + ` LIKE ? ESCAPE '\'`, "%" + literal.Replace(part) + "%"
}

// literal takes their meaning from the signs of LIKE.
var literal = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
