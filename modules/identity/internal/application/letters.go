package application

import (
	"strings"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/mail"
)

// letter is what a mail says. There is nothing in it that somebody else could have written: whoever registers chooses
// a name and the address that a mail goes to.
func letter(m domain.Mail, token, appURL string) mail.Message {
	l := mail.Message{To: m.Address.String()}
	switch m.Kind {
	case domain.VerifyEmail:
		l.Subject = "Confirm your e-mail address"
		l.Text = paragraphs(
			"Somebody, probably you, gave this address for an account at fasttrack.",
			use(appURL, "verify-email", token, "To confirm that it is yours, open", "To confirm that it is yours, use this token:"),
			"This works once, within 24 hours. If it was not you, do nothing: the address is then not confirmed.",
		)
	case domain.ResetPassword:
		l.Subject = "Set a new password"
		l.Text = paragraphs(
			"Somebody, probably you, asked for a new password for your account at fasttrack.",
			use(appURL, "reset-password", token, "To choose one, open", "To choose one, use this token:"),
			"This works once, within an hour, and logs you out everywhere. If it was not you, do nothing: your password "+
				"stays as it is.",
		)
	case domain.EmailChanging:
		l.Subject = "Your e-mail address is about to change"
		l.Text = paragraphs(
			"Somebody who knows your password asked for another e-mail address for your account at fasttrack. This one "+
				"counts until the other is confirmed.",
			"If it was not you, change your password now: that also stops the change of the address.",
		)
	}
	return l
}

// use says what to do with a token. In a link it is behind the #, which browsers keep to themselves: it gets into no
// log of a server and into no Referer.
func use(appURL, page, token, withLink, withToken string) string {
	if appURL == "" {
		return withToken + "\n\n" + token
	}
	return withLink + "\n\n" + strings.TrimRight(appURL, "/") + "/" + page + "#token=" + token
}

func paragraphs(texts ...string) string { return strings.Join(texts, "\n\n") + "\n" }
