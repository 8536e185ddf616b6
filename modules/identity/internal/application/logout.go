package application

import (
	"context"
	"errors"

	"fasttrack/modules/identity/internal/domain"
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
		if locked.Session.State().EndedAt != nil {
			return nil
		}
		if err := s.noteSession(ctx, domain.AuditLogout, locked.Session.State().UserID, sessionID, nil); err != nil {
			return err
		}
		return s.end(ctx, locked, events.SessionLogout)
	})
}

// LogoutWith ends the session of a refresh token, which may be an old one of that session: whoever holds one could
// do more harm than this.
func (s *Service) LogoutWith(ctx context.Context, refreshToken string) error {
	presented, err := s.tokens.ReadRefresh(refreshToken)
	if err != nil {
		return err
	}
	return s.Logout(ctx, presented.SessionID)
}
