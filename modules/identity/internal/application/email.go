package application

import (
	"context"
	"errors"
	"fmt"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/precondition"
)

// VerifyEmail takes the address to which the token was sent for the user's: the account's own counts as verified, one
// that waits takes its place. It fails with domain.ErrEmailTaken, and leaves everything as it is, if another account
// has got that address meanwhile.
func (s *Service) VerifyEmail(ctx context.Context, token string) error {
	presented, userID, err := s.bearer(ctx, token)
	if err != nil {
		return err
	}
	return s.work.Do(ctx, func(ctx context.Context) error {
		var before domain.UserState
		u, err := s.users.Update(ctx, userID, func(u *domain.User) error {
			before = u.State()
			m, err := s.redeemable(ctx, presented, domain.VerifyEmail, before)
			if err != nil {
				return err
			}
			if _, err := s.mailing.Mails.End(ctx, m.ID, s.now()); err != nil {
				return err
			}
			return u.VerifyEmail(m.Address, s.now())
		})
		if err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, userID, before, u)
	})
}

// changeEmail is change for one that asks for another address. The user must know their password; nil: they did not
// say it. The new address waits until it is verified, and the old one is told.
func (s *Service) changeEmail(
	ctx context.Context, who auth.Principal, change domain.UserChange, password *string, expected precondition.If,
) (u *domain.User, err error) {
	checked, err := s.checkPassword(ctx, who, password)
	if err != nil {
		return nil, err
	}
	address, _ := change.Email()
	err = s.work.Do(ctx, func(ctx context.Context) error {
		owner, err := s.users.FindByEmail(ctx, address)
		if err == nil && owner.State().ID != who.UserID {
			return domain.ErrEmailTaken
		}
		if err != nil && !errors.Is(err, domain.ErrNotFound) {
			return err
		}
		var before domain.UserState
		u, err = s.users.Update(ctx, who.UserID, func(u *domain.User) error {
			before = u.State()
			if before.PasswordHash != checked {
				return errs.InvalidFields(domain.WrongPassword()) // by now
			}
			if err := u.Apply(change, false, s.now()); err != nil {
				return err
			}
			return expected.Check(before.Version)
		})
		if err != nil {
			return err
		}
		if err := s.writeOfChange(ctx, before, u.State()); err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, who.UserID, before, u)
	})
	return u, err
}

// checkPassword returns the hash of the caller's password, if that is the one they present.
func (s *Service) checkPassword(ctx context.Context, who auth.Principal, password *string) (domain.PasswordHash, error) {
	if password == nil {
		return "", errs.InvalidField("current_password", "is needed to change the e-mail address")
	}
	if err := domain.CheckPresented("current_password", *password); err != nil {
		return "", err
	}
	u, err := s.users.Find(ctx, who.UserID)
	if err != nil {
		return "", err
	}
	hash := u.State().PasswordHash
	matches, err := s.checkCurrent(ctx, who.UserID, *password, hash)
	if err != nil {
		return "", fmt.Errorf("verify the current password: %w", err)
	}
	if !matches {
		return "", errs.InvalidFields(domain.WrongPassword())
	}
	return hash, nil
}

// writeOfChange writes to the new address of a locked user, and to the one that they have, if another one waits now.
func (s *Service) writeOfChange(ctx context.Context, before, after domain.UserState) error {
	if s.mailing.Mailer == nil || after.PendingEmail == (domain.Email{}) || after.PendingEmail == before.PendingEmail {
		return nil
	}
	confirm := domain.NewMail(s.newID(), domain.VerifyEmail, after, s.now())
	if err := s.supersede(ctx, confirm, after); err != nil { // which bounds both of them
		return err
	}
	if err := s.post(ctx, domain.NewMail(s.newID(), domain.EmailChanging, after, s.now()), after); err != nil {
		return err
	}
	return s.post(ctx, confirm, after)
}
