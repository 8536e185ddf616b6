package bootstrap

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	adaptermail "fasttrack/adapters/mail"
	"fasttrack/bootstrap/config"
)

func TestWhoSendsMail(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	from := "fasttrack <no-reply@localhost>"

	mailer, err := newMailer(&config.Config{SMTPURL: "smtp://localhost:25", MailFrom: from}, logger)
	require.NoError(t, err)
	require.IsType(t, &adaptermail.SMTP{}, mailer)
	mailer, err = newMailer(&config.Config{Environment: config.Development, MailFrom: from, Outbox: "data/outbox"}, logger)
	require.NoError(t, err)
	require.IsType(t, &adaptermail.Outbox{}, mailer)
	require.Empty(t, log.String())

	mailer, err = newMailer(&config.Config{Environment: config.Production, MailFrom: from}, logger)
	require.NoError(t, err)
	require.Nil(t, mailer)
	require.Contains(t, log.String(), "no mail is sent")
	mailer, err = newMailer(&config.Config{Environment: config.Development, MailFrom: from}, logger)
	require.NoError(t, err)
	require.Nil(t, mailer, "as in fasttrack demo")
	_, err = newMailer(&config.Config{SMTPURL: "http://localhost"}, logger)
	require.ErrorContains(t, err, "SMTP_URL")
}
