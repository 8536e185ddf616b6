// Package database is the one door to SQL: it opens SQLite or PostgreSQL, runs units of work and hands out
// connections to the stores.
//
//   - A store takes its connection from [DB.Conn]: inside a unit of work that is the unit's transaction, outside it a
//     connection that can only read. There is no other way to write than [DB.Do].
//   - [Insert] and [Update] write rows, [Scan] reads those that are read most.
//   - Times are plain time.Time on both sides. They are kept and come back as UTC at microseconds: timestamptz on
//     PostgreSQL, text in the form of [TimeFormat] on SQLite (see [TimeFormat] for the rule about column names).
//   - Errors of GORM mean the same on both dialects: gorm.ErrRecordNotFound, gorm.ErrDuplicatedKey,
//     gorm.ErrForeignKeyViolated, gorm.ErrCheckConstraintViolated. A database that cannot be reached, is full of
//     connections or is too slow is an error of kind errs.Unavailable; a store need not do anything for that.
package database
