// Package mail sends mail (shared/mail) by SMTP, or keeps it as files where there is no server to send it.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"fasttrack/shared/mail"
)

const timeout = 15 * time.Second // for each step of talking to a server

// SMTP sends by a server.
type SMTP struct {
	from    string
	host    string
	options []gomail.Option
}

var _ mail.Mailer = (*SMTP)(nil)

// NewSMTP returns a mailer that sends as from by the server at address: smtp://user:password@host:587, which must offer
// STARTTLS unless it is on this machine, or smtps://… for TLS from the beginning. With ?tls=opportunistic a server
// elsewhere need not offer it: for catchers of mail in a network of containers.
func NewSMTP(address, from string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the address of the mail server is not a URL")
	}
	port, options := 587, []gomail.Option{gomail.WithTimeout(timeout), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	switch {
	case u.Scheme == "smtps":
		port, options = 465, append(options, gomail.WithSSL())
	case u.Scheme != "smtp":
		return nil, errors.New("the address of the mail server must begin with smtp:// or smtps://")
	case u.Query().Get("tls") == "opportunistic" || u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, fmt.Errorf("the port of the mail server: %w", err)
		}
	}
	options = append(options, gomail.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return &SMTP{from: from, host: u.Hostname(), options: options}, nil
}

// Send implements mail.Mailer.
func (s *SMTP) Send(ctx context.Context, m mail.Message) error {
	composed, err := compose(s.from, m)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("talk to the mail server: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, composed); err != nil {
		if failure, ok := errors.AsType[*gomail.SendError](err); ok && !failure.IsTemp() && failure.ErrorCode() >= 500 {
			return fmt.Errorf("%w: %w", mail.ErrRefused, err)
		}
		return fmt.Errorf("send a mail: %w", err)
	}
	return nil
}

// Probe fails unless the server answers and takes the password.
func (s *SMTP) Probe(ctx context.Context) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err == nil {
		err = client.DialWithContext(ctx)
	}
	if err != nil {
		return fmt.Errorf("talk to the mail server: %w", err)
	}
	if err := client.Close(); err != nil {
		return fmt.Errorf("take leave of the mail server: %w", err)
	}
	return nil
}

// compose makes the mail as it is sent.
func compose(from string, m mail.Message) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	composed := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := composed.From(from); err != nil {
		return nil, fmt.Errorf("the sender of mail: %w", err)
	}
	if err := composed.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: %w", mail.ErrInvalid, err)
	}
	composed.Subject(m.Subject)
	composed.SetDate()
	composed.SetMessageID()
	composed.SetGenHeader("Auto-Submitted", "auto-generated") // so that nobody's absence note answers
	composed.SetBodyString(gomail.TypeTextPlain, m.Text)
	return composed, nil
}
