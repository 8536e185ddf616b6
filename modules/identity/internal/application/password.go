package application

import (
	"context"
	"fmt"
	"slices"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/errs"
	"fasttrack/shared/events"
)

// ChangePassword gives the caller's account another password and ends all their sessions but the current one. Every
// refused field is reported, a wrong current password among them. After too many wrong ones it fails with
// domain.ErrThrottled for a while.
func (s *Service) ChangePassword(ctx context.Context, who auth.Principal, current, next string) error {
	if err := domain.CheckPresented("current_password", current); err != nil {
		return err
	}
	u, err := s.users.Find(ctx, who.UserID)
	if err != nil {
		return err
	}
	state := u.State()
	next, bad := s.policy.Password.Check("new_password", next, domain.PersonalWords(state.Email, state.DisplayName))
	matches, err := s.checkCurrent(ctx, who.UserID, current, state.PasswordHash)
	if err != nil {
		return fmt.Errorf("verify the current password: %w", err)
	}
	if !matches {
		bad = slices.Concat([]errs.Field{domain.WrongPassword()}, bad)
	}
	if len(bad) > 0 {
		return errs.InvalidFields(bad...)
	}
	hash, err := s.passwords.Hash(ctx, next)
	if err != nil {
		return fmt.Errorf("hash a new password: %w", err)
	}
	return s.work.Do(ctx, func(ctx context.Context) error {
		replaced, err := s.users.ReplacePassword(ctx, who.UserID, state.PasswordHash, hash)
		if err != nil {
			return err
		}
		if !replaced {
			return errs.InvalidFields(domain.WrongPassword()) // by now
		}
		u, before, err := s.dropPendingEmail(ctx, who.UserID)
		if err != nil {
			return err
		}
		n, err := s.endAll(ctx, who.UserID, who.SessionID, events.SessionPassword)
		if err != nil {
			return err
		}
		if err := s.noteUser(ctx, domain.AuditPasswordChanged, who.UserID, who.UserID, endedSessions(n)); err != nil {
			return err
		}
		return s.noteAndAnnounce(ctx, who.UserID, before, u)
	})
}
