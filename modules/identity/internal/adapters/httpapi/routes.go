// Package httpapi is the REST API of accounts and sessions. This file is its table of contents.
package httpapi

import (
	"fasttrack/adapters/httpserver"
	"fasttrack/modules/identity/internal/application"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/page"
)

// Register adds the routes.
func Register(api *httpserver.API, service *application.Service, who auth.Authenticator, cursors *page.Codec) {
	h := handlers{service, who, cursors}
	api.Group(tagAuth, "Accounts, sessions and their tokens.")
	api.Group(tagUsers, "The own account, and what system admins do with those of others.")
	registerAuth(api, h)
	registerMails(api, h)
	registerSessions(api, h)
	registerUsers(api, h)
	registerAdmin(api, h)
}

func registerAuth(api *httpserver.API, h handlers) {
	httpserver.Register(api, httpserver.Operation{
		ID: "refresh-tokens", Method: "POST", Path: "/auth/refresh", Tag: tagAuth, Public: true, Budget: "refresh",
		Summary: "Exchange a refresh token",
		Description: "Answers with a new access token and a new refresh token; the one presented is consumed. Presented " +
			"again within a few seconds, as by another tab or after a lost answer, it yields the same new token; later " +
			"it is taken for stolen, and the session ends.",
		Errors: []*errs.Error{domain.ErrBadRefreshToken, auth.ErrTokenExpired, auth.ErrTokenRevoked},
	}, h.refresh)
	httpserver.Register(api, httpserver.Operation{
		ID: "login", Method: "POST", Path: "/auth/login", Tag: tagAuth, Public: true, Budget: "login",
		Summary: "Log in",
		Description: "Opens a session. The answer is the same for an unknown account and for a wrong password. That an " +
			"account is deactivated is said only if the password is right. After five wrong passwords from one address the " +
			"next tries are refused for a second, then two, up to a quarter of an hour.",
		Errors: []*errs.Error{domain.ErrInvalidCredentials, domain.ErrAccountDisabled, domain.ErrThrottled, domain.ErrBusy},
	}, h.login)
	httpserver.Register(api, httpserver.Operation{
		ID: "register", Method: "POST", Path: "/auth/register", Tag: tagAuth, Public: true, Budget: "register",
		Status: 201, Summary: "Register an account",
		Description: "Addresses are compared without regard to case. Without a display name the user is called by the " +
			"part of the address before the @. " + aboutPasswords,
		Errors: []*errs.Error{domain.ErrEmailTaken, domain.ErrBusy},
	}, h.register)
	httpserver.Register(api, httpserver.Operation{
		ID: "logout", Method: "POST", Path: "/auth/logout", Tag: tagAuth, Public: true,
		Summary: "Log out",
		Description: "Ends the session of the access token in the header `Authorization`. When that has expired, or is " +
			"not there, the session of the refresh token in the body. Both tokens of the session die at once.",
		Errors: []*errs.Error{auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked},
	}, h.logout)
}

func registerMails(api *httpserver.API, h handlers) {
	httpserver.Register(api, httpserver.Operation{
		ID: "forgot-password", Method: "POST", Path: "/auth/password/forgot", Tag: tagAuth, Public: true,
		Budget: "forgot_password", Status: 202, Summary: "Ask for a new password",
		Description: "Sends a token to the address, which works once, within an hour, if there is an active account with " +
			"it. The answer is the same if there is none. " + aboutMails,
	}, h.forgotPassword)
	httpserver.Register(api, httpserver.Operation{
		ID: "reset-password", Method: "POST", Path: "/auth/password/reset", Tag: tagAuth, Public: true,
		Budget: "reset_password", Summary: "Set a new password",
		Description: "Takes the token of a mail, and ends every session of the user at once. A token that is of no use (any " +
			"more) is a 422 for `body.token`, and a password that is refused one for `body.new_password`, which leaves " +
			"the token as it is. " + aboutPasswords,
		Errors: []*errs.Error{domain.ErrBusy},
	}, h.resetPassword)
	httpserver.Register(api, httpserver.Operation{
		ID: "verify-email", Method: "POST", Path: "/auth/email/verify", Tag: tagAuth, Public: true,
		Summary: "Confirm an e-mail address",
		Description: "Takes the token of a mail. An address that waited becomes the account's. A token that is of no use (any " +
			"more) is a 422 for `body.token`.",
		Errors: []*errs.Error{domain.ErrEmailTaken},
	}, h.verifyEmail)
	httpserver.Register(api, httpserver.Operation{
		ID: "resend-verification", Method: "POST", Path: "/auth/email/verification", Tag: tagAuth, Public: true,
		Budget: "resend_verification", Status: 202, Summary: "Send the mail that confirms an address again",
		Description: "To the caller's address that is not confirmed yet, which is the one that waits if there is one; or, with " +
			"`email`, to that of the account with this address, without a token. Tokens work once, within a day. The answer " +
			"is the same if there is no such account, or nothing to confirm. " + aboutMails,
		Errors: []*errs.Error{auth.ErrUnauthenticated, auth.ErrTokenExpired, auth.ErrTokenRevoked},
	}, h.resendVerification)
}

func registerSessions(api *httpserver.API, h handlers) {
	httpserver.Register(api, httpserver.Operation{
		ID: "list-my-sessions", Method: "GET", Path: "/auth/sessions", Tag: tagAuth,
		Summary: "List the own sessions", Description: "Those that are alive: neither ended nor expired.",
	}, h.mySessions)
	httpserver.Register(api, httpserver.Operation{
		ID: "end-my-session", Method: "DELETE", Path: "/auth/sessions/{id}", Tag: tagAuth,
		Summary: "End one of the own sessions",
		Description: "Its tokens die and its sockets close at once. A session that is not alive any more, and one of " +
			"somebody else, is not there.",
	}, h.endMySession)
	httpserver.Register(api, httpserver.Operation{
		ID: "logout-all", Method: "POST", Path: "/auth/logout-all", Tag: tagAuth,
		Summary: "Log out everywhere", Description: "Ends every session of the user, the current one included, at once.",
	}, h.logoutAll)
}

func registerUsers(api *httpserver.API, h handlers) {
	httpserver.Register(api, httpserver.Operation{
		ID: "get-me", Method: "GET", Path: "/users/me", Tag: tagUsers,
		Summary: "Read the own account", Description: "With the address that waits to be confirmed, if there is one.",
	}, h.me)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-me", Method: "PATCH", Path: "/users/me", Tag: tagUsers,
		Summary: "Change the own account",
		Description: "Absent members stay as they are. Another address takes the password; it waits as `pending_email` until " +
			"the token that is sent to it is presented, and the old address is told. To ask for the address that the " +
			"account has gives the change up, and so does another password.",
		Errors: []*errs.Error{domain.ErrEmailTaken, domain.ErrTooManyMails, domain.ErrThrottled, domain.ErrBusy},
	}, h.updateMe)
	httpserver.Register(api, httpserver.Operation{
		ID: "change-password", Method: "POST", Path: "/users/me/password", Tag: tagUsers,
		Summary:     "Change the own password",
		Description: "Ends every other session of the user at once. " + aboutPasswords,
		Errors:      []*errs.Error{domain.ErrThrottled, domain.ErrBusy},
	}, h.changePassword)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-users", Method: "GET", Path: "/users", Tag: tagUsers,
		Summary: "List users", Description: "For system admins.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.list)
	httpserver.Register(api, httpserver.Operation{
		ID: "get-user", Method: "GET", Path: "/users/{id}", Tag: tagUsers,
		Summary: "Read a user", Description: "For system admins.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.get)
	httpserver.Register(api, httpserver.Operation{
		ID: "update-user", Method: "PATCH", Path: "/users/{id}", Tag: tagUsers,
		Summary: "Change a user",
		Description: "For system admins. A new role counts from the next request on and ends no session; deactivation " +
			"ends all of them at once. The last active admin stays one.",
		Errors: []*errs.Error{errs.Forbiddenf(""), domain.ErrLastAdmin},
	}, h.update)
}

func registerAdmin(api *httpserver.API, h handlers) {
	httpserver.Register(api, httpserver.Operation{
		ID: "list-sessions", Method: "GET", Path: "/admin/sessions", Tag: tagUsers,
		Summary:     "List the sessions of all users",
		Description: "For system admins: the newest first, those that have ended or expired among them.",
		Errors:      []*errs.Error{errs.Forbiddenf("")},
	}, h.sessions)
	httpserver.Register(api, httpserver.Operation{
		ID: "end-session", Method: "DELETE", Path: "/admin/sessions/{id}", Tag: tagUsers,
		Summary: "End a session of any user",
		Description: "For system admins. Its tokens die and its sockets close at once; the user is notified. A session that " +
			"has ended or expired is not there.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.endSession)
	httpserver.Register(api, httpserver.Operation{
		ID: "list-audit-log", Method: "GET", Path: "/admin/audit", Tag: tagUsers,
		Summary: "Read the audit log",
		Description: "For system admins: what was done to accounts and sessions, failed logins among it, and what system " +
			"admins did to what only being one let them touch (`admin.…`); the newest first. Nothing in it is ever changed.",
		Errors: []*errs.Error{errs.Forbiddenf("")},
	}, h.auditLog)
}

const (
	tagAuth  = "Authentication"
	tagUsers = "Users"
)

const aboutMails = "Each makes the token before it void. At most five mails of a kind are sent to an account in an hour, and " +
	"none by a server that was not given one to send mail."

const aboutPasswords = "A new password may have characters of any kind, which are compared in their Unicode normal form " +
	"(NFKC) and counted in it. One that is easy to guess is refused with the reason. Common passwords and words, " +
	"repetitions, sequences and few different characters are easy to guess, and so are parts of the user's own address or " +
	"name of four characters or more."
