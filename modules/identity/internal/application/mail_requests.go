package application

import (
	"context"
	"errors"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// answerRequest is a job: somebody asked for a mail with a token. Whether there is an account with the address is found
// out by the job, so that the request does the same for every address and tells nobody.
type answerRequest struct {
	MailID    ids.ID          `json:"mail_id"` // of the mail, if there is to be one
	MailKind  domain.MailKind `json:"mail_kind"`
	UserID    ids.ID          `json:"user_id"`   // or zero
	EmailKey  string          `json:"email_key"` // of the account, where the user is not known
	IP        string          `json:"ip"`
	UserAgent string          `json:"user_agent"`
	RequestID string          `json:"request_id"`
}

// Kind implements jobs.Args.
func (answerRequest) Kind() string { return "identity.answer_request" }

// ForgotPassword has a token for a new password sent to the account with this address, if there is an active one. It
// does the same for every address.
func (s *Service) ForgotPassword(ctx context.Context, email string) error {
	return s.requestMail(ctx, domain.ResetPassword, email)
}

// ResendVerification has another token sent to the address of this account that is to be verified, if there is one. It
// does the same for every address.
func (s *Service) ResendVerification(ctx context.Context, email string) error {
	return s.requestMail(ctx, domain.VerifyEmail, email)
}

// ResendMyVerification is ResendVerification for the caller.
func (s *Service) ResendMyVerification(ctx context.Context, who auth.Principal) error {
	return s.insertRequest(ctx, answerRequest{MailKind: domain.VerifyEmail, UserID: who.UserID})
}

func (s *Service) requestMail(ctx context.Context, kind domain.MailKind, email string) error {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return err
	}
	return s.insertRequest(ctx, answerRequest{MailKind: kind, EmailKey: address.Key()})
}

func (s *Service) insertRequest(ctx context.Context, r answerRequest) error {
	if s.mailing.Mailer == nil {
		return nil
	}
	origin := s.origin(ctx)
	r.MailID, r.IP, r.UserAgent, r.RequestID = s.newID(), origin.Device.IP, origin.Device.UserAgent, origin.RequestID
	return s.work.Do(ctx, func(ctx context.Context) error { return s.mailing.Jobs.Insert(ctx, r) })
}

// answerRequests does the job: it keeps the mail, if there is to be one, and sends it.
func (s *Service) answerRequests(ctx context.Context, batch []answerRequest) error {
	return eachMail(batch, func(r answerRequest) error {
		if err := s.work.Do(ctx, func(ctx context.Context) error { return s.answer(ctx, r) }); err != nil {
			return err
		}
		return s.send(ctx, r.MailID)
	})
}

// What came of a request, as the audit log has it.
const (
	outcomeSent        = "sent"
	outcomeUnknown     = "unknown_account"
	outcomeDeactivated = "deactivated"
	outcomeTooMany     = "too_many"
)

func (s *Service) answer(ctx context.Context, r answerRequest) error {
	if s.mailing.Mailer == nil {
		return errNoMailer
	}
	if _, err := s.mailing.Mails.Find(ctx, r.MailID); !errors.Is(err, domain.ErrNoMail) {
		return err // nil if the job was done before
	}
	u, err := s.asking(ctx, r)
	if errors.Is(err, domain.ErrNotFound) {
		return s.noteRequest(ctx, r, ids.Nil, outcomeUnknown)
	}
	if err != nil {
		return err
	}
	state, outcome := u.State(), outcomeSent
	switch {
	case !state.IsActive:
		outcome = outcomeDeactivated
	case r.MailKind == domain.VerifyEmail && !state.AwaitsVerification():
		return nil
	default:
		m := domain.NewMail(r.MailID, r.MailKind, state, s.now())
		err = s.supersede(ctx, m, state)
		if err == nil {
			err = s.keep(ctx, m, state)
		}
		if errors.Is(err, domain.ErrTooManyMails) {
			outcome, err = outcomeTooMany, nil
		}
	}
	if err != nil {
		return err
	}
	return s.noteRequest(ctx, r, state.ID, outcome)
}

// asking locks the user whom a request is about; domain.ErrNotFound if there is none.
func (s *Service) asking(ctx context.Context, r answerRequest) (*domain.User, error) {
	id := r.UserID
	if id.IsZero() {
		u, err := s.users.FindByEmail(ctx, domain.RestoreEmail(r.EmailKey)) // the key of a key is the key
		if err != nil {
			return nil, err
		}
		id = u.State().ID
	}
	u, err := s.users.Update(ctx, id, func(*domain.User) error { return nil })
	if err == nil && r.UserID.IsZero() && u.State().Email.Key() != r.EmailKey { // it was changed meanwhile
		return nil, domain.ErrNotFound
	}
	return u, err
}

// noteRequest writes to the audit log that somebody asked for a new password. It does not hold the address that was
// given: an account that does not exist is none of ours.
func (s *Service) noteRequest(ctx context.Context, r answerRequest, user ids.ID, outcome string) error {
	if r.MailKind != domain.ResetPassword {
		return nil
	}
	e := s.entry(ctx, domain.AuditResetRequested, ids.Nil, domain.TargetUser, user, map[string]string{"outcome": outcome})
	e.Origin = domain.Origin{Device: domain.NewDevice(r.IP, r.UserAgent), RequestID: r.RequestID}
	return s.audit.Append(ctx, e)
}
