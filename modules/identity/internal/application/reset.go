package application

import (
	"context"
	"fmt"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/errs"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// ResetPassword gives the account of a token another password and ends all its sessions. A password that is refused
// leaves the token as it is; of several resets with one token one is made.
func (s *Service) ResetPassword(ctx context.Context, token, next string) error {
	presented, userID, err := s.bearer(ctx, token)
	if err != nil {
		return err
	}
	u, err := s.users.Find(ctx, userID)
	if err != nil {
		return err
	}
	state := u.State()
	if _, err := s.redeemable(ctx, presented, domain.ResetPassword, state); err != nil {
		return err
	}
	next, bad := s.policy.Password.Check("new_password", next, domain.PersonalWords(state.Email, state.DisplayName))
	if len(bad) > 0 {
		return errs.InvalidFields(bad...)
	}
	hash, err := s.passwords.Hash(ctx, next)
	if err != nil {
		return fmt.Errorf("hash a new password: %w", err)
	}
	return s.work.Do(ctx, func(ctx context.Context) error {
		locked, before, err := s.dropPendingEmail(ctx, userID)
		if err != nil {
			return err
		}
		m, err := s.redeemable(ctx, presented, domain.ResetPassword, before)
		if err != nil {
			return err
		}
		if _, err := s.mailing.Mails.End(ctx, m.ID, s.now()); err != nil {
			return err
		}
		replaced, err := s.users.ReplacePassword(ctx, userID, before.PasswordHash, hash)
		if err != nil {
			return err
		}
		if !replaced { // which a lock rules out
			return domain.ErrBadMailToken
		}
		n, err := s.endAll(ctx, userID, ids.Nil, events.SessionPassword)
		if err != nil {
			return err
		}
		if err := s.noteUser(ctx, domain.AuditPasswordReset, userID, userID, endedSessions(n)); err != nil {
			return err
		}
		if err := s.throttle.forget(ctx, before); err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, userID, before, locked)
	})
}

// dropPendingEmail locks the user and gives up the change of the address that waits: whoever asked for it may have
// known the old password, and must not get the account by it. It returns the user, and what they were before.
func (s *Service) dropPendingEmail(ctx context.Context, id ids.ID) (u *domain.User, before domain.UserState, err error) {
	u, err = s.users.Update(ctx, id, func(u *domain.User) error {
		before = u.State()
		u.DropPendingEmail(s.now())
		return nil
	})
	return u, before, err
}

// noteAndAnnounce writes a change to the audit log and tells others of it, if there is one.
func (s *Service) noteAndAnnounce(ctx context.Context, actor ids.ID, before domain.UserState, u *domain.User) error {
	if u.State() == before {
		return nil
	}
	if err := s.noteChanges(ctx, actor, before, u.State()); err != nil {
		return err
	}
	return s.announce(ctx, before, u)
}
