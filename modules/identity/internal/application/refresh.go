package application

import (
	"context"
	"crypto/subtle"
	"errors"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/uow"
)

// Refresh exchanges a refresh token for its successor. If an exchanged token is presented again within the grace,
// the answer is the token that is live now, so that all clients with an old one end up with the same. If it is
// presented later, the session ends: either the client that exchanged it or the one that presents it has stolen it.
func (s *Service) Refresh(ctx context.Context, token string) (grant Grant, err error) {
	presented, err := s.tokens.ReadRefresh(token)
	if err != nil {
		return Grant{}, err
	}
	err = s.work.Do(ctx, func(ctx context.Context) error {
		grant = Grant{}
		locked, err := s.sessions.Lock(ctx, presented.SessionID)
		if errors.Is(err, domain.ErrNoSession) {
			return auth.ErrTokenRevoked
		}
		if err != nil {
			return err
		}
		record, live, err := s.records(ctx, presented, locked.Session)
		if err != nil {
			return err
		}
		switch locked.Session.Judge(record, s.policy.RefreshGrace, locked.Now) {
		case domain.Live:
			live, err = s.rotate(ctx, locked, record)
		case domain.Repeated:
			err = s.noteRepetition(ctx, locked.Session) // the live token stays as it is
		case domain.Replayed:
			return s.endStolen(ctx, locked)
		case domain.Expired:
			return auth.ErrTokenExpired
		default:
			return auth.ErrTokenRevoked
		}
		if err != nil {
			return err
		}
		grant = s.grant(locked.Session, locked.Role, live, locked.Now)
		return nil
	})
	return grant, err
}

// records returns what is kept of the presented token and of the live one.
func (s *Service) records(
	ctx context.Context, presented ports.PresentedRefresh, session *domain.Session,
) (record, live domain.RefreshToken, err error) {
	state := session.State()
	kept, err := s.sessions.Tokens(ctx, state.ID, presented.Generation, state.Generation)
	if err != nil {
		return record, live, err
	}
	record, known := kept[presented.Generation]
	// A well-signed token without a matching record was issued before the database was restored from a backup.
	if !known || state.UserID != presented.UserID || subtle.ConstantTimeCompare(record.Hash, presented.Hash) != 1 {
		return record, live, auth.ErrTokenRevoked
	}
	return record, kept[state.Generation], nil
}

func (s *Service) rotate(
	ctx context.Context, locked ports.Locked, consumed domain.RefreshToken,
) (successor domain.RefreshToken, err error) {
	consumed.ConsumedAt = &locked.Now
	locked.Session.Rotate(s.policy.RefreshTTL, locked.Now)
	successor = s.liveToken(locked.Session, locked.Now)
	return successor, s.sessions.Rotate(ctx, locked.Session, consumed, successor)
}

// endStolen ends the session and refuses the token. The end is committed although the request fails.
func (s *Service) endStolen(ctx context.Context, locked ports.Locked) error {
	if err := s.end(ctx, locked, events.SessionReplay); err != nil {
		return err
	}
	if err := s.noteSession(ctx, domain.AuditRefreshReplay, ids.Nil, locked.Session.State().ID, nil); err != nil {
		return err
	}
	return uow.FailAfterCommit(ctx, auth.ErrTokenRevoked)
}

// noteRepetition writes to the audit log that a consumed token came from another device than the login did. Tabs of
// one browser are one device and are not noted.
func (s *Service) noteRepetition(ctx context.Context, session *domain.Session) error {
	state, device := session.State(), s.origin(ctx).Device
	if device == state.Device {
		return nil
	}
	return s.noteSession(ctx, domain.AuditRefreshRepeated, ids.Nil, state.ID,
		map[string]string{"login_ip": state.Device.IP, "user_agent": device.UserAgent})
}
