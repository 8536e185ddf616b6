// Package replica keeps copies of other modules' data that several modules need in the same form, so that the way of
// keeping them is written once. The table stays the module's own: it is made by the module's migration, is written
// in the transaction of whoever changes the original, and is read by the module alone.
//
// # Users
//
// A module that wants to know users makes this table, under its own prefix. In migrations/postgres:
//
//	CREATE TABLE task_users (
//	    user_id      uuid    PRIMARY KEY,
//	    display_name text    NOT NULL,
//	    is_active    boolean NOT NULL,
//	    role         text    NOT NULL,
//	    version      bigint  NOT NULL
//	);
//
// In migrations/sqlite:
//
//	CREATE TABLE task_users (
//	    user_id      TEXT    NOT NULL PRIMARY KEY,
//	    display_name TEXT    NOT NULL,
//	    is_active    INTEGER NOT NULL,
//	    role         TEXT    NOT NULL,
//	    version      INTEGER NOT NULL
//	) WITHOUT ROWID;
//
// and wires the copy in its New:
//
//	users := replica.NewUsers(d.Bus, d.DB, "tasks", "task_users")
//
// A module that must find users by their address, or show it, adds email and email_key, both text and not null, with an
// index on email_key that is not unique (that addresses are is identity's affair), and passes [WithEmail].
//
// Its test calls replicatest.Users, or replicatest.UsersWithEmail, which shows on both databases that the table is what this package expects.
//
// # A copy in a database that is in use
//
// A copy is born in two releases. The first has the table and NewUsers, and reads nothing from it. The second fills
// in those who have not changed since ([Users.Backfill], or the same statement in a migration), and reads.
package replica
