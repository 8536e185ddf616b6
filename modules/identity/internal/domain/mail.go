package domain

import (
	"time"

	"fasttrack/shared/errs"
	"fasttrack/shared/ids"
)

// The refusals of mails and of the tokens in them.
var (
	ErrNoMail       = errs.NotFoundf("there is no such mail")
	ErrBadMailToken = errs.InvalidField("token", "is not valid, or not any more: it works once, for a limited time, "+
		"until a newer one is sent or what it is about has changed")
	ErrTooManyMails = errs.New(errs.RateLimited, errs.CodeRateLimited,
		"too many mails were asked for; try again later")
)

// MailKind says why the program writes to a user.
type MailKind string

// The kinds.
const (
	VerifyEmail   MailKind = "verify_email"   // to the address that is to be verified, with a token
	ResetPassword MailKind = "reset_password" // to the user's address, with a token
	EmailChanging MailKind = "email_changing" // to the user's address: another one is to take its place
)

// How long the token of a mail works. A mail that could not be sent for as long is not sent any more.
const (
	resetWithin  = time.Hour
	verifyWithin = 24 * time.Hour
)

// How many mails of a kind a user gets in a time: nobody can be flooded by somebody who asks again and again.
const (
	MaxMails     = 5
	MaxMailsTime = time.Hour
)

// KeepMails is how long mails are kept at least: for the tokens in them, and to be counted.
const KeepMails = 48 * time.Hour

// Mail is a mail to a user. What it says is made when it is sent, the token in it as well.
type Mail struct {
	ID        ids.ID
	UserID    ids.ID
	Kind      MailKind
	Address   Email  // that it goes to
	TokenHash []byte // SHA-256 of the token's secret part; nil: there is no token in it
	CreatedAt time.Time
	ExpiresAt time.Time
	SentAt    *time.Time
	EndedAt   *time.Time // when the token was used, or replaced by that of a newer mail
}

// NewMail returns a mail of a kind to the user, still without a token.
func NewMail(id ids.ID, kind MailKind, u UserState, now time.Time) Mail {
	m := Mail{ID: id, UserID: u.ID, Kind: kind, Address: u.Email, CreatedAt: now, ExpiresAt: now.Add(verifyWithin)}
	switch {
	case kind == ResetPassword:
		m.ExpiresAt = now.Add(resetWithin)
	case kind == VerifyEmail && u.PendingEmail != (Email{}):
		m.Address = u.PendingEmail
	}
	return m
}

// HasToken reports whether there is a token in mails of this kind.
func (k MailKind) HasToken() bool { return k != EmailChanging }

// IsLive reports whether the mail may still be sent, and its token be used.
func (m Mail) IsLive(now time.Time) bool { return m.EndedAt == nil && now.Before(m.ExpiresAt) }

// Proof is what the token of a mail is made of beside the mail: once it differs for the user the token is void. That
// of a reset is the address and the password, which also ends it when a login gives the hash better parameters.
func (m Mail) Proof(u UserState) string {
	if m.Kind == ResetPassword {
		return u.Email.String() + "\n" + string(u.PasswordHash)
	}
	return m.Address.String()
}

// Concerns reports whether the mail still tells the user something: they can log in, and it is about what is so.
func (m Mail) Concerns(u UserState) bool {
	switch {
	case !u.IsActive:
		return false
	case m.Kind == VerifyEmail:
		return m.Address == u.PendingEmail || m.Address == u.Email && !u.EmailVerified
	case m.Kind == ResetPassword:
		return m.Address == u.Email
	}
	return true // whoever had the address is told, however fast it was changed
}

// AwaitsVerification reports whether there is an address of the user to be verified.
func (s UserState) AwaitsVerification() bool { return s.PendingEmail != (Email{}) || !s.EmailVerified }
