package application

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/ids"
	"fasttrack/shared/jobs"
	"fasttrack/shared/mail"
)

// Mailing is what the service writes to users with.
type Mailing struct {
	Mails  ports.Mails
	Tokens ports.MailTokens
	Jobs   jobs.Queue
	Mailer mail.Mailer // nil: nothing is sent, and what leads to mails answers as if it were
	AppURL string      // that links lead to; empty: mails hold the bare token
}

// sendMail is a job: it sends a mail that is kept.
type sendMail struct {
	MailID ids.ID `json:"mail_id"`
}

// Kind implements jobs.Args.
func (sendMail) Kind() string { return "identity.send_mail" }

// HandleJobs says who does the jobs of the service.
func (s *Service) HandleJobs() {
	jobs.Handle(s.mailing.Jobs, s.sendMails)
	jobs.Handle(s.mailing.Jobs, s.answerRequests)
}

// post has a mail sent to the user once the unit of work has committed.
func (s *Service) post(ctx context.Context, m domain.Mail, u domain.UserState) error {
	if s.mailing.Mailer == nil {
		return nil
	}
	if err := s.keep(ctx, m, u); err != nil {
		return err
	}
	return s.mailing.Jobs.Insert(ctx, sendMail{m.ID})
}

// keep keeps a mail that is to be sent, with what will be known of its token.
func (s *Service) keep(ctx context.Context, m domain.Mail, u domain.UserState) error {
	if m.Kind.HasToken() {
		m.TokenHash = s.mailing.Tokens.Hash(m, m.Proof(u))
	}
	return s.mailing.Mails.Add(ctx, m)
}

// supersede makes room for a mail that takes the place of older ones of its kind. The user must be locked. It fails
// with domain.ErrTooManyMails when the user got as many of them as anybody gets.
func (s *Service) supersede(ctx context.Context, m domain.Mail, u domain.UserState) error {
	times, err := s.mailing.Mails.Since(ctx, u.ID, m.Kind, m.CreatedAt.Add(-domain.MaxMailsTime))
	if err != nil {
		return err
	}
	if len(times) >= domain.MaxMails {
		next := times[len(times)-domain.MaxMails].Add(domain.MaxMailsTime)
		return domain.ErrTooManyMails.WithRetryAfter(max(next.Sub(m.CreatedAt), time.Second))
	}
	return s.mailing.Mails.Supersede(ctx, u.ID, m.Kind, m.CreatedAt, m.CreatedAt.Add(-domain.KeepMails))
}

// sendMails does the job.
func (s *Service) sendMails(ctx context.Context, batch []sendMail) error {
	return eachMail(batch, func(job sendMail) error { return s.send(ctx, job.MailID) })
}

// eachMail has every part of a job done, whatever comes of the others. The job is done again if something may come of
// that. Each mail is sent once, as far as that can be: one that was sent is marked, and a crash between the two, or a
// server that takes a mail and then fails, has it sent again.
func eachMail[A jobs.Args](batch []A, do func(A) error) error {
	var failed, refused []error
	for _, part := range batch {
		err := do(part)
		switch {
		case errors.Is(err, mail.ErrRefused), errors.Is(err, mail.ErrInvalid):
			refused = append(refused, err)
		case err != nil:
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 && len(refused) > 0 {
		return jobs.GiveUp(errors.Join(refused...))
	}
	return errors.Join(append(failed, refused...)...)
}

var errNoMailer = errors.New("there is no mail server, as there was when the mail was asked for")

// send sends a mail that is kept, unless it was sent before, or has become pointless.
func (s *Service) send(ctx context.Context, id ids.ID) error {
	m, err := s.mailing.Mails.Find(ctx, id)
	if errors.Is(err, domain.ErrNoMail) || err == nil && (m.SentAt != nil || !m.IsLive(s.now())) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := s.users.Find(ctx, m.UserID)
	if err != nil {
		return err
	}
	if !m.Concerns(u.State()) || !s.isCurrent(m, u.State()) {
		return nil
	}
	if s.mailing.Mailer == nil {
		return errNoMailer
	}
	var token string
	if m.Kind.HasToken() {
		token = s.mailing.Tokens.Token(m, m.Proof(u.State()))
	}
	if err := s.mailing.Mailer.Send(ctx, letter(m, token, s.mailing.AppURL)); err != nil {
		return fmt.Errorf("send mail %s: %w", id, err)
	}
	return s.work.Do(ctx, func(ctx context.Context) error { return s.mailing.Mails.MarkSent(ctx, id, s.now()) })
}

// isCurrent reports whether the token of a mail is still made of what it was made of, and under the same key.
func (s *Service) isCurrent(m domain.Mail, u domain.UserState) bool {
	return !m.Kind.HasToken() || subtle.ConstantTimeCompare(s.mailing.Tokens.Hash(m, m.Proof(u)), m.TokenHash) == 1
}

// redeemable returns the mail of a token that may be used by this user now, and domain.ErrBadMailToken for any other.
func (s *Service) redeemable(
	ctx context.Context, presented ports.PresentedMailToken, kind domain.MailKind, u domain.UserState,
) (domain.Mail, error) {
	m, err := s.mailing.Mails.Find(ctx, presented.MailID)
	switch {
	case errors.Is(err, domain.ErrNoMail):
		return m, domain.ErrBadMailToken
	case err != nil:
		return m, err
	case m.Kind != kind, m.UserID != u.ID, !m.IsLive(s.now()), !m.Concerns(u), !s.isCurrent(m, u),
		subtle.ConstantTimeCompare(presented.Hash, m.TokenHash) != 1:
		return m, domain.ErrBadMailToken
	}
	return m, nil
}

// bearer returns the user to whom the mail of a token went, whatever has become of either.
func (s *Service) bearer(ctx context.Context, token string) (presented ports.PresentedMailToken, userID ids.ID, err error) {
	presented, err = s.mailing.Tokens.Read(token)
	if err != nil {
		return presented, userID, err
	}
	m, err := s.mailing.Mails.Find(ctx, presented.MailID)
	if errors.Is(err, domain.ErrNoMail) {
		return presented, userID, domain.ErrBadMailToken
	}
	return presented, m.UserID, err
}
