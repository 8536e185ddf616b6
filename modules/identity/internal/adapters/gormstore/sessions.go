package gormstore

import (
	"context"
	"fmt"
	"time"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/keyset"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/modules/identity/internal/ports"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/page"
)

// sessionList and listedList say by what sessions can be sorted, those of one user and those of all.
var (
	sessionList = keyset.New("sessions.id", func(r sessionRow) ids.ID { return r.ID },
		keyset.Time("created_at", "sessions.created_at", func(r sessionRow) time.Time { return r.CreatedAt }),
	)
	listedList = keyset.New("sessions.id", func(r listedRow) ids.ID { return r.Session.ID },
		keyset.Time("created_at", "sessions.created_at", func(r listedRow) time.Time { return r.Session.CreatedAt }),
	)
)

// Sessions implements ports.Sessions.
type Sessions struct {
	db    *database.DB
	times times
}

var _ ports.Sessions = (*Sessions)(nil)

// NewSessions returns a store on the database. The clock is that of SQLite.
func NewSessions(db *database.DB, now clock.Clock) *Sessions { return &Sessions{db, times{db, now}} }

// Open implements ports.Sessions.
func (s *Sessions) Open(ctx context.Context, session *domain.Session, first domain.RefreshToken) error {
	state := session.State()
	if err := database.Insert(s.db.Conn(ctx), "sessions", insertedSession(state)).Error; err != nil {
		return fmt.Errorf("open session %s: %w", state.ID, err)
	}
	return s.issue(ctx, first)
}

func (s *Sessions) issue(ctx context.Context, t domain.RefreshToken) error {
	if err := database.Insert(s.db.Conn(ctx), "refresh_tokens", insertedToken(t)).Error; err != nil {
		return fmt.Errorf("issue refresh token %d of session %s: %w", t.Generation, t.SessionID, err)
	}
	return nil
}

// Lock implements ports.Sessions.
func (s *Sessions) Lock(ctx context.Context, id ids.ID) (ports.Locked, error) {
	var r struct {
		Session  sessionRow `gorm:"embedded"`
		Role     string
		LockedAt time.Time
	}
	now, args := s.times.sql()
	// The lock is taken in a subquery, so that the time is read after the wait for it. The role may have been read
	// before the wait; the access change that replaced it is kept for longer than that.
	q := s.db.Conn(ctx).Raw(fmt.Sprintf(
		`WITH locked AS (SELECT * FROM sessions WHERE id = ? %s)
		 SELECT locked.*, users.role, %s AS locked_at FROM locked JOIN users ON users.id = locked.user_id`,
		s.db.Dialect().Lock("FOR NO KEY UPDATE"), now), append([]any{id}, args...)...).Scan(&r)
	if q.Error != nil {
		return ports.Locked{}, fmt.Errorf("lock session %s: %w", id, q.Error)
	}
	if q.RowsAffected == 0 {
		return ports.Locked{}, domain.ErrNoSession
	}
	return ports.Locked{Session: r.Session.session(), Role: auth.Role(r.Role), Now: clock.Normal(r.LockedAt)}, nil
}

// Tokens implements ports.Sessions.
func (s *Sessions) Tokens(
	ctx context.Context, session ids.ID, generations ...int64,
) (map[int64]domain.RefreshToken, error) {
	var rows []tokenRow
	err := s.db.Conn(ctx).Table("refresh_tokens").
		Where("session_id = ? AND generation IN ?", session, generations).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read refresh tokens of session %s: %w", session, err)
	}
	tokens := make(map[int64]domain.RefreshToken, len(rows))
	for _, r := range rows {
		tokens[r.Generation] = r.token()
	}
	return tokens, nil
}

// Rotate implements ports.Sessions.
func (s *Sessions) Rotate(ctx context.Context, session *domain.Session, consumed, successor domain.RefreshToken) error {
	state := session.State()
	err := s.db.Conn(ctx).Exec(`UPDATE refresh_tokens SET consumed_at = ? WHERE session_id = ? AND generation = ?`,
		consumed.ConsumedAt, consumed.SessionID, consumed.Generation).Error
	if err != nil {
		return fmt.Errorf("consume refresh token %d of session %s: %w", consumed.Generation, state.ID, err)
	}
	if err := s.issue(ctx, successor); err != nil {
		return err
	}
	err = s.db.Conn(ctx).Exec(`UPDATE sessions SET generation = ?, last_used_at = ?, expires_at = ? WHERE id = ?`,
		state.Generation, state.LastUsedAt, state.ExpiresAt, state.ID).Error
	if err != nil {
		return fmt.Errorf("rotate session %s: %w", state.ID, err)
	}
	return nil
}

// End implements ports.Sessions.
func (s *Sessions) End(ctx context.Context, session *domain.Session) error {
	state := session.State()
	err := s.db.Conn(ctx).Exec(`UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ?`,
		state.EndedAt, state.EndReason, state.ID).Error
	if err != nil {
		return fmt.Errorf("end session %s: %w", state.ID, err)
	}
	return nil
}

// EndAll implements ports.Sessions.
func (s *Sessions) EndAll(
	ctx context.Context, userID, spared ids.ID, reason string,
) ([]ids.ID, time.Time, error) {
	now, err := s.times.read(ctx)
	if err != nil {
		return nil, now, err
	}
	var ended []ids.ID
	err = s.db.Conn(ctx).Raw(`UPDATE sessions SET ended_at = ?, end_reason = ?
		WHERE user_id = ? AND ended_at IS NULL AND expires_at > ? AND id <> ? RETURNING id`,
		now, reason, userID, now, spared).Scan(&ended).Error
	if err != nil {
		return nil, now, fmt.Errorf("end all sessions of user %s: %w", userID, err)
	}
	return ended, now, nil
}

// ListLive implements ports.Sessions.
func (s *Sessions) ListLive(
	ctx context.Context, userID ids.ID, request page.Request,
) (page.Page[*domain.Session], error) {
	now, args := s.times.sql()
	rows, err := sessionList.Find(s.db.Conn(ctx).Table("sessions").Select(sessionColumns).
		Where("user_id = ? AND ended_at IS NULL", userID).Where("expires_at > "+now, args...), request)
	if err != nil {
		return page.Page[*domain.Session]{}, fmt.Errorf("list sessions of user %s: %w", userID, err)
	}
	return page.Map(rows, sessionRow.session), nil
}

// List implements ports.Sessions. The conditions are spelled as those of the indexes are.
func (s *Sessions) List(
	ctx context.Context, filter ports.SessionFilter, request page.Request,
) (page.Page[ports.ListedSession], error) {
	now, args := s.times.sql()
	alive := "sessions.ended_at IS NULL AND sessions.expires_at > " + now
	q := s.db.Conn(ctx).Table("sessions").Joins("JOIN users ON users.id = sessions.user_id").
		Select(sessionColumns+", users.email, users.display_name, "+alive+" AS alive", args...)
	if filter.UserID != nil {
		q = q.Where("sessions.user_id = ?", *filter.UserID)
	}
	if filter.Alive != nil && *filter.Alive {
		q = q.Where(alive, args...)
	}
	if filter.Alive != nil && !*filter.Alive {
		q = q.Where("NOT ("+alive+")", args...)
	}
	rows, err := listedList.Find(q, request)
	if err != nil {
		return page.Page[ports.ListedSession]{}, fmt.Errorf("list all sessions: %w", err)
	}
	return page.Map(rows, listedRow.listed), nil
}

// Standing implements ports.Sessions.
func (s *Sessions) Standing(ctx context.Context, id ids.ID) (ports.Standing, error) {
	var r struct {
		Alive bool
		Role  string
	}
	err := s.db.Conn(ctx).Raw(`SELECT sessions.ended_at IS NULL AND users.is_active AS alive, users.role
		FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.id = ?`, id).Scan(&r).Error
	if err != nil {
		return ports.Standing{}, fmt.Errorf("look up session %s: %w", id, err)
	}
	return ports.Standing{Alive: r.Alive, Role: auth.Role(r.Role)}, nil
}
