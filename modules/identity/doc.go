// Package identity is the bounded context of accounts: who somebody is, and whether a request is theirs.
//
// Owns: users, their sessions with the chains of refresh tokens, the list of access changes by which every node knows
// within a second which tokens are dead, the mails to users with what is known of the tokens in them, and the audit log
// of what was done to accounts and sessions.
// Publishes: identity.session_ended, identity.user_changed, identity.user_registered.
// Listens: identity.session_ended, identity.user_changed.
// Keeps copies: none.
// Tables: users, sessions, refresh_tokens, identity_change_head, identity_changes, audit_log,
// identity_mails.
package identity
