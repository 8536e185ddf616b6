package application

import (
	"context"
	"errors"
	"fmt"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Register makes an account. When it returns, everything that other modules create for a new user exists.
func (s *Service) Register(ctx context.Context, email, password string, displayName *string) (*domain.User, error) {
	r, err := domain.NewRegistration(email, password, displayName, s.policy.Password)
	if err != nil {
		return nil, err
	}
	return s.register(ctx, r, auth.RoleUser)
}

// EnsureSuperuser makes an admin of this address unless there is an account with it, which is then left as it is.
// It reports whether it made one. Several nodes may do so at once.
func (s *Service) EnsureSuperuser(ctx context.Context, email, password string) (made bool, err error) {
	r, err := domain.NewRegistration(email, password, nil, s.policy.Password)
	if err != nil {
		return false, err
	}
	_, err = s.users.FindByEmail(ctx, r.Email())
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, domain.ErrNotFound) {
		return false, err
	}
	_, err = s.register(ctx, r, auth.RoleAdmin)
	if errors.Is(err, domain.ErrEmailTaken) { // by another node, meanwhile
		return false, nil
	}
	return err == nil, err
}

func (s *Service) register(ctx context.Context, r domain.Registration, role auth.Role) (*domain.User, error) {
	hash, err := s.passwords.Hash(ctx, r.Password())
	if err != nil {
		return nil, fmt.Errorf("hash a new password: %w", err)
	}
	u := domain.NewUser(s.newID(), r, role, hash, s.now())
	return u, s.work.Do(ctx, func(ctx context.Context) error {
		if err := s.users.Add(ctx, u); err != nil {
			return err
		}
		actor := u.State().ID
		if role == auth.RoleAdmin { // made by the program itself
			actor = ids.Nil
		}
		if err := s.noteUser(ctx, domain.AuditRegister, actor, u.State().ID, nil); err != nil {
			return err
		}
		if role != auth.RoleAdmin { // whose address the operator knows
			mail := domain.NewMail(s.newID(), domain.VerifyEmail, u.State(), s.now())
			if err := s.post(ctx, mail, u.State()); err != nil {
				return err
			}
		}
		return s.bus.Publish(ctx, events.UserRegistered{User: published(u), At: u.State().CreatedAt})
	})
}
