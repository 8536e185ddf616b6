package application

import (
	"context"
	"errors"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

// Logout ends the session. One that has ended stays as it is.
func (s *Service) Logout(ctx context.Context, sessionID ids.ID) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		locked, err := s.sessions.Lock(ctx, sessionID)
		if errors.Is(err, domain.ErrNoSession) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.end(ctx, locked, events.SessionLogout)
	})
}

// LogoutWith ends the session of a refresh token. Any of its generations will do: who has one could have done worse.
func (s *Service) LogoutWith(ctx context.Context, refreshToken string) error {
	presented, err := s.tokens.ReadRefresh(refreshToken)
	if err != nil {
		return err
	}
	return s.Logout(ctx, presented.SessionID)
}

func (s *Service) end(ctx context.Context, locked ports.Locked, reason string) error {
	if !locked.Session.End(reason, locked.Now) {
		return nil
	}
	if err := s.sessions.End(ctx, locked.Session); err != nil {
		return err
	}
	state := locked.Session.State()
	return s.bus.Publish(ctx, events.SessionEnded{
		SessionID: state.ID, UserID: state.UserID, Reason: reason, At: locked.Now,
	})
}
