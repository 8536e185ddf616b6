package ports

import (
	"context"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// Mails keeps the mails to users. One that does not exist is domain.ErrNoMail. All but Find need a unit of work, that
// has locked the user.
type Mails interface {
	// Find returns one mail.
	Find(ctx context.Context, id ids.ID) (domain.Mail, error)
	// Since returns when the mails of a kind to the user were made that are no older than a time, oldest first.
	Since(ctx context.Context, userID ids.ID, kind domain.MailKind, at time.Time) ([]time.Time, error)
	// Add keeps a new mail.
	Add(ctx context.Context, m domain.Mail) error
	// Supersede ends what is alive of the user's mails of the kind, and forgets those that were made before a time.
	Supersede(ctx context.Context, userID ids.ID, kind domain.MailKind, at, forget time.Time) error
	// End ends a mail, and reports whether it was alive.
	End(ctx context.Context, id ids.ID, at time.Time) (ended bool, err error)
	// MarkSent keeps when a mail was sent. The user need not be locked.
	MarkSent(ctx context.Context, id ids.ID, at time.Time) error
}

// MailTokens makes and reads the tokens in mails. A token is the mail's id with an HMAC of what the mail is and of its
// proof (domain.Mail.Proof) under a key of its own: the same each time that it is made, so that nothing of it need be
// kept but a hash.
type MailTokens interface {
	// Token returns the token of a mail: letters, digits, - and _.
	Token(m domain.Mail, proof string) string
	// Hash returns what is to be kept of it.
	Hash(m domain.Mail, proof string) []byte
	// Read returns what a token says, without a look at the mail; domain.ErrBadMailToken if it is not of the form.
	Read(token string) (PresentedMailToken, error)
}

// PresentedMailToken is a token that somebody presents.
type PresentedMailToken struct {
	MailID ids.ID
	Hash   []byte // to be compared with that of the mail
}
