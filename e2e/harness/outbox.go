package harness

import (
	"testing"

	"fasttrack/adapters/mail/mailtest"
)

// Subjects of the mails with a token.
const (
	ConfirmMail = "Confirm your e-mail address"
	ResetMail   = "Set a new password"
)

// MailToken waits for the nth mail of a subject to an address, from 1, and returns the token in it. It is for programs
// that write their mail to files, as they do unless a test configures a server.
func (p *Program) MailToken(address, subject string, n int) string {
	p.Client.t.Helper()
	return tokenOf(p.Client.t, p.Config.Outbox, address, subject, n)
}

// MailToken is [Program.MailToken].
func (p *Process) MailToken(address, subject string, n int) string {
	p.Client.t.Helper()
	return tokenOf(p.Client.t, p.outbox, address, subject, n)
}

func tokenOf(t testing.TB, outbox, address, subject string, n int) string {
	t.Helper()
	return mailtest.Outbox(outbox).Await(t, address, subject, n).Token(t)
}
