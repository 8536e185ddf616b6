// Package mail is how the program writes to people.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
)

// Message is a mail of plain text to one person.
type Message struct {
	To      string // an address, without a name
	Subject string // one line
	Text    string
}

// Mailer sends mail. It is safe for concurrent use, and takes as long as a network does: a job calls it, no request.
type Mailer interface {
	// Send hands the message over to whoever delivers it. [ErrInvalid] and [ErrRefused] mean that trying again changes
	// nothing; any other error is worth another try. The message may have been sent in spite of an error.
	Send(ctx context.Context, m Message) error
}

// ErrInvalid says that a message cannot be sent by anybody.
var ErrInvalid = errors.New("mail: the message cannot be sent")

// ErrRefused says that the message was refused for good.
var ErrRefused = errors.New("mail: the message was refused")

// Check returns ErrInvalid, with the reason, unless To is one plain address and Subject a line without control
// characters: nobody can put a header of their own into a mail.
func (m Message) Check() error {
	address, err := mail.ParseAddress(m.To)
	switch {
	case err != nil || address.Name != "" || address.Address != m.To:
		return fmt.Errorf("%w: the recipient is no address", ErrInvalid)
	case m.Subject == "" || strings.ContainsFunc(m.Subject, unicode.IsControl):
		return fmt.Errorf("%w: the subject is not a line of text", ErrInvalid)
	}
	return nil
}
