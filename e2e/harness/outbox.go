package harness

import "fasttrack/adapters/mail/mailtest"

// Subjects of the mails with a token.
const (
	ConfirmMail = "Confirm your e-mail address"
	ResetMail   = "Set a new password"
)

// MailToken waits for the nth mail of a subject to an address, from 1, and returns the token in it. It is for programs
// that write their mail to files, as they do unless a test configures a server.
func (p *Program) MailToken(address, subject string, n int) string {
	p.Client.t.Helper()
	return mailtest.Outbox(p.Config.Outbox).Await(p.Client.t, address, subject, n).Token(p.Client.t)
}
