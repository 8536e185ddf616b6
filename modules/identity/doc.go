// Package identity is the bounded context of accounts: who somebody is, and whether a request is theirs.
//
// Owns: users, their sessions with the chains of refresh tokens, the list of access changes by which every node knows
// within a second which tokens are dead, the counters of wrong passwords, the mails to users with what is known of the
// tokens in them, and the audit log of what was done to accounts and sessions, and of what system admins did as such to
// what is not theirs.
// Publishes: identity.session_ended, identity.user_changed, identity.user_registered.
// Listens: comments.comment_added, comments.comment_deleted, identity.session_ended, identity.user_changed,
// organizations.member_added, organizations.member_changed, organizations.member_removed,
// organizations.organization_changed, organizations.organization_deleted, projects.project_changed,
// projects.project_created, projects.project_deleted, tasks.task_changed, tasks.task_created, tasks.task_deleted.
// Keeps copies of: nothing.
// Tables: users, sessions, refresh_tokens, identity_change_head, identity_changes, guess_accounts,
// guess_pairs, audit_log, identity_mails.
package identity
