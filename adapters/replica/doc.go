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
// # Memberships
//
// A module that wants to know who belongs to which organisation makes this table. In migrations/postgres:
//
//	CREATE TABLE task_members (
//	    organization_id uuid   NOT NULL,
//	    user_id         uuid   NOT NULL,
//	    role            text   NOT NULL,
//	    version         bigint NOT NULL,
//	    PRIMARY KEY (organization_id, user_id)
//	);
//
// In migrations/sqlite:
//
//	CREATE TABLE task_members (
//	    organization_id TEXT    NOT NULL,
//	    user_id         TEXT    NOT NULL,
//	    role            TEXT    NOT NULL,
//	    version         INTEGER NOT NULL,
//	    PRIMARY KEY (organization_id, user_id)
//	) WITHOUT ROWID;
//
// To list the organisations of a user it adds an index on (user_id, organization_id). It wires the copy in its New; what
// it does itself when a member leaves or an organisation is deleted goes with it, so that locks are always taken in one
// order:
//
//	members := replica.NewMemberships(d.DB, "task_members")
//	members.Keep(d.Bus, "tasks", replica.Also{AfterRemoval: service.UnassignRemovedMember})
//
// Its test calls replicatest.Memberships. Tables with the columns owner_id and organization_id, copies of projects for
// one, are then asked through [Memberships.Sees]: who sees what is a condition of every query, and written once.
//
// # A copy in a database that is in use
//
// A copy is born in two releases. The first has the table and NewUsers, and reads nothing from it. The second fills
// in those who have not changed since ([Users.Backfill], [Memberships.Backfill], or the same statement in a migration),
// and reads.
package replica
