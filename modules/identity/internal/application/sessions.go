package application

import (
	"context"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// MySessions returns a page of the caller's sessions that are alive.
func (s *Service) MySessions(
	ctx context.Context, who auth.Principal, request page.Request,
) (page.Page[*domain.Session], error) {
	return s.sessions.ListLive(ctx, who.UserID, request)
}

// EndMySession ends one of the caller's sessions, the current one included. One of somebody else, and one that is not
// alive any more, is domain.ErrNoSession.
func (s *Service) EndMySession(ctx context.Context, who auth.Principal, id ids.ID) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		locked, err := s.lockAlive(ctx, id)
		switch {
		case err != nil:
			return err
		case locked.Session.State().UserID != who.UserID:
			return domain.ErrNoSession
		}
		if err := s.noteSession(ctx, domain.AuditSessionEnded, who.UserID, id, nil); err != nil {
			return err
		}
		return s.end(ctx, locked, events.SessionLogout)
	})
}

// Sessions returns a page of the sessions of all users, to an admin.
func (s *Service) Sessions(
	ctx context.Context, who auth.Principal, filter ports.SessionFilter, request page.Request,
) (page.Page[ports.ListedSession], error) {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return page.Page[ports.ListedSession]{}, err
	}
	return s.sessions.List(ctx, filter, request)
}

// EndSession ends a session of anybody, for an admin. One that is not alive any more is domain.ErrNoSession.
func (s *Service) EndSession(ctx context.Context, who auth.Principal, id ids.ID) error {
	if err := domain.CheckMayManageUsers(who); err != nil {
		return err
	}
	return s.work.Do(ctx, func(ctx context.Context) error {
		locked, err := s.lockAlive(ctx, id)
		if err != nil {
			return err
		}
		owner := map[string]string{"user_id": locked.Session.State().UserID.String()}
		if err := s.noteSession(ctx, domain.AuditSessionEnded, who.UserID, id, owner); err != nil {
			return err
		}
		return s.end(ctx, locked, events.SessionAdmin)
	})
}

// lockAlive locks a session. One that is not alive any more is domain.ErrNoSession, as one that never was.
func (s *Service) lockAlive(ctx context.Context, id ids.ID) (ports.Locked, error) {
	locked, err := s.sessions.Lock(ctx, id)
	if err != nil {
		return ports.Locked{}, err
	}
	if !locked.Session.IsAlive(locked.Now) {
		return ports.Locked{}, domain.ErrNoSession
	}
	return locked, nil
}

// LogoutAll ends every session of the caller. A login at the same time either opens its session before, and that ends
// too, or opens it after.
func (s *Service) LogoutAll(ctx context.Context, who auth.Principal) error {
	return s.work.Do(ctx, func(ctx context.Context) error {
		if err := s.lockUser(ctx, who.UserID); err != nil {
			return err
		}
		n, err := s.endAll(ctx, who.UserID, ids.Nil, events.SessionLogout)
		if err != nil {
			return err
		}
		return s.noteUser(ctx, domain.AuditLogoutAll, who.UserID, who.UserID, endedSessions(n))
	})
}

// lockUser keeps everybody else from opening a session for the user until the unit ends.
func (s *Service) lockUser(ctx context.Context, id ids.ID) error {
	_, err := s.users.Update(ctx, id, func(*domain.User) error { return nil })
	return err
}

// end ends a session under lock, unless it has ended before.
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

// endAll ends the live sessions of a locked user, but for the one that is spared, and returns how many there were.
func (s *Service) endAll(ctx context.Context, userID, spared ids.ID, reason string) (int, error) {
	ended, at, err := s.sessions.EndAll(ctx, userID, spared, reason)
	if err != nil {
		return 0, err
	}
	for _, id := range ended {
		err := s.bus.Publish(ctx, events.SessionEnded{SessionID: id, UserID: userID, Reason: reason, At: at})
		if err != nil {
			return 0, err
		}
	}
	return len(ended), nil
}
