package application

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
)

// Grant is what somebody gets who has proved who they are.
type Grant struct {
	AccessToken      string
	RefreshToken     string
	ExpiresIn        time.Duration // of the access token
	RefreshExpiresIn time.Duration
}

// Login opens a session. Whether the account does not exist or the password is wrong cannot be told from the answer,
// nor from the time that it takes: domain.ErrInvalidCredentials. Only who knows the password learns that the account
// is deactivated: domain.ErrAccountDisabled.
func (s *Service) Login(ctx context.Context, email, password string, device domain.Device) (Grant, error) {
	if err := domain.CheckPresented(password); err != nil {
		return Grant{}, err
	}
	u, hash, err := s.claimed(ctx, email)
	if err != nil {
		return Grant{}, err
	}
	matches, err := s.passwords.Verify(ctx, password, hash)
	switch {
	case err != nil:
		return Grant{}, fmt.Errorf("verify a password: %w", err)
	case !matches:
		return Grant{}, domain.ErrInvalidCredentials
	case !u.State().IsActive:
		return Grant{}, domain.ErrAccountDisabled
	}
	return s.open(ctx, u, device)
}

// claimed returns the account that somebody says is theirs, and an empty hash if there is none.
func (s *Service) claimed(ctx context.Context, email string) (*domain.User, domain.PasswordHash, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return nil, "", nil //nolint:nilerr // what is not an address is nobody's
	}
	u, err := s.users.FindByEmail(ctx, address)
	if errors.Is(err, domain.ErrNotFound) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	return u, u.State().PasswordHash, nil
}

// open opens a session for the user, unless the account was deactivated or got another password since it was checked:
// from here on both have to wait until the session is there for them to end.
func (s *Service) open(ctx context.Context, checked *domain.User, device domain.Device) (grant Grant, err error) {
	id := s.newID()
	err = s.work.Do(ctx, func(ctx context.Context) error {
		u, now, err := s.users.Hold(ctx, checked.State().ID)
		switch {
		case err != nil:
			return err
		case u.State().PasswordHash != checked.State().PasswordHash:
			return domain.ErrInvalidCredentials
		case !u.State().IsActive:
			return domain.ErrAccountDisabled
		}
		session := domain.OpenSession(id, u.State().ID, device, s.policy.RefreshTTL, now)
		token := s.liveToken(session, now)
		if err := s.sessions.Open(ctx, session, token); err != nil {
			return err
		}
		grant = s.grant(session, u.State().Role, token, now)
		return nil
	})
	return grant, err
}

func (s *Service) liveToken(session *domain.Session, now time.Time) domain.RefreshToken {
	state := session.State()
	keyID, hash := s.tokens.RefreshHash(state.ID, state.Generation)
	return session.LiveToken(keyID, hash, now)
}

func (s *Service) grant(session *domain.Session, role auth.Role, live domain.RefreshToken, now time.Time) Grant {
	state := session.State()
	return Grant{
		AccessToken:      s.tokens.Access(auth.Principal{UserID: state.UserID, SessionID: state.ID, Role: role}, now),
		RefreshToken:     s.tokens.Refresh(state.UserID, live),
		ExpiresIn:        s.policy.AccessTTL,
		RefreshExpiresIn: live.ExpiresAt.Sub(now.Truncate(time.Second)),
	}
}
