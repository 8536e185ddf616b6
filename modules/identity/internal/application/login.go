package application

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/ids"
)

// Grant is the pair of tokens that a login or a refresh returns.
type Grant struct {
	AccessToken      string
	RefreshToken     string
	ExpiresIn        time.Duration // of the access token
	RefreshExpiresIn time.Duration
}

// errReplaced says that the account got another password hash after it was checked.
var errReplaced = errors.New("the password hash was replaced meanwhile")

// Login opens a session. An unknown account and a wrong password give the same error, domain.ErrInvalidCredentials,
// after the same time; see [pace]. A deactivated account gives domain.ErrAccountDisabled, but only if the password is right. After
// too many wrong passwords even the right one gives domain.ErrThrottled for a while. An outdated hash is replaced.
func (s *Service) Login(ctx context.Context, email, password string, device domain.Device) (Grant, error) {
	if err := domain.CheckPresented("password", password); err != nil {
		return Grant{}, err
	}
	grant, err := s.login(ctx, email, password, device)
	if errors.Is(err, errReplaced) { // by a change of the password, or by a login that made the same one a better hash
		grant, err = s.login(ctx, email, password, device)
	}
	if errors.Is(err, errReplaced) {
		return Grant{}, domain.ErrInvalidCredentials
	}
	return grant, err
}

func (s *Service) login(ctx context.Context, email, password string, device domain.Device) (Grant, error) {
	var u *domain.User
	var id ids.ID
	var hash domain.PasswordHash
	var attempt guess
	err := s.logins.pass(ctx, func() (err error) {
		if u, hash, err = s.claimed(ctx, email); err != nil {
			return err
		}
		if u != nil {
			id = u.State().ID
		}
		attempt = s.throttle.atLogin(email, id, device)
		return s.throttle.check(ctx, attempt)
	})
	if err != nil {
		return Grant{}, err
	}
	checked, err := s.passwords.Verify(ctx, password, hash)
	if err != nil {
		return Grant{}, fmt.Errorf("verify a password: %w", err)
	}
	grant, err := s.decide(ctx, attempt, u, checked, password, device)
	if err != nil && !errors.Is(err, errReplaced) {
		if left := s.pace.even(ctx, checked.Took); left != nil {
			return Grant{}, left
		}
	}
	return grant, err
}

// decide opens a session for the account, nil for none, or refuses to. A refusal is noted and counted before it is known
// to anybody.
func (s *Service) decide(
	ctx context.Context, attempt guess, u *domain.User, checked ports.Verification, password string, device domain.Device,
) (Grant, error) {
	if u == nil {
		return Grant{}, s.refuseLogin(ctx, attempt, ids.Nil, "unknown_account", domain.ErrInvalidCredentials)
	}
	state := u.State()
	switch {
	case checked.TooCostly:
		s.log.WarnContext(ctx, "an account has a password hash that costs too much to be verified: nobody can log in to it "+
			"until its password is reset", "user_id", state.ID)
		return Grant{}, s.refuseLogin(ctx, attempt, state.ID, "hash_too_costly", domain.ErrInvalidCredentials)
	case !checked.Matches:
		return Grant{}, s.refuseLogin(ctx, attempt, state.ID, "wrong_password", domain.ErrInvalidCredentials)
	}
	if err := s.throttle.right(ctx, attempt); err != nil {
		return Grant{}, err
	}
	if !state.IsActive {
		return Grant{}, s.refuseLogin(ctx, guess{}, state.ID, "deactivated", domain.ErrAccountDisabled)
	}
	better := state.PasswordHash
	if s.passwords.Outdated(better) {
		var err error
		if better, err = s.passwords.Hash(ctx, password); err != nil {
			return Grant{}, fmt.Errorf("hash a password anew: %w", err)
		}
	}
	return s.open(ctx, u, better, device)
}

// claimed returns the account with this address and its password hash; nil and an empty hash if there is none.
func (s *Service) claimed(ctx context.Context, email string) (*domain.User, domain.PasswordHash, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return nil, "", nil //nolint:nilerr // an invalid address belongs to no account
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

// open opens a session for the user and stores the better hash, if there is one. It fails if the account was
// deactivated or got another password since it was checked. From then until the commit neither can happen, so
// whoever does it later finds this session and ends it.
func (s *Service) open(
	ctx context.Context, checked *domain.User, better domain.PasswordHash, device domain.Device,
) (grant Grant, err error) {
	id, state := s.newID(), checked.State()
	err = s.work.Do(ctx, func(ctx context.Context) error {
		if better != state.PasswordHash { // before Hold: two logins that hold the user would wait for each other
			replaced, err := s.users.ReplacePassword(ctx, state.ID, state.PasswordHash, better)
			if err != nil {
				return err
			}
			if !replaced {
				return errReplaced
			}
		}
		u, now, err := s.users.Hold(ctx, state.ID)
		switch {
		case err != nil:
			return err
		case u.State().PasswordHash != better:
			return errReplaced
		case !u.State().IsActive:
			return domain.ErrAccountDisabled
		}
		session := domain.OpenSession(id, u.State().ID, device, s.policy.RefreshTTL, now)
		token := s.liveToken(session, now)
		if err := s.sessions.Open(ctx, session, token); err != nil {
			return err
		}
		if err := s.noteSession(ctx, domain.AuditLogin, state.ID, id, nil); err != nil {
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
