package bootstrap

import (
	"fmt"
	"log/slog"

	adaptermail "fasttrack/adapters/mail"
	"fasttrack/bootstrap/config"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/mail"
)

// newMailer returns what sends mail: the configured server; without one, files in development and nil in production.
func newMailer(cfg *config.Config, log *slog.Logger) (mail.Mailer, error) {
	switch {
	case cfg.SMTPURL != "":
		server, err := adaptermail.NewSMTP(cfg.SMTPURL, cfg.MailFrom)
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: %w", err)
		}
		return server, nil
	case cfg.IsProduction():
		log.Warn("no mail is sent, since SMTP_URL is not set")
		return nil, nil //nolint:nilnil // that there is no mail is no error
	}
	return adaptermail.NewOutbox(cfg.Outbox, cfg.MailFrom, clock.System, ids.New, log), nil
}
