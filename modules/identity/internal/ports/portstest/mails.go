package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/auth"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
)

// Mails is the contract of ports.Mails.
func Mails(t *testing.T, s Stores) {
	ada, bob := s.add(t, "ada@example.com", auth.RoleUser).State(), s.add(t, "bob@example.com", auth.RoleUser).State()
	now := clock.System()
	mail := func(u domain.UserState, kind domain.MailKind, age time.Duration) domain.Mail {
		m := domain.NewMail(ids.New(), kind, u, now.Add(-age))
		if kind.HasToken() {
			m.TokenHash = []byte{0, 1, 255}
		}
		s.do(t, func(ctx context.Context) error { return s.Mails.Add(ctx, m) })
		return m
	}
	found := func(id ids.ID) domain.Mail {
		m, err := s.Mails.Find(t.Context(), id)
		require.NoError(t, err)
		return m
	}
	ancient := mail(ada, domain.VerifyEmail, 50*time.Hour)
	older, newer := mail(ada, domain.ResetPassword, time.Hour), mail(ada, domain.ResetPassword, time.Minute)
	notice, others := mail(ada, domain.EmailChanging, time.Minute), mail(bob, domain.ResetPassword, time.Minute)

	for _, m := range []domain.Mail{ancient, older, newer, notice, others} {
		require.Equal(t, m, found(m.ID))
	}
	_, err := s.Mails.Find(t.Context(), ids.New())
	require.ErrorIs(t, err, domain.ErrNoMail)

	s.do(t, func(ctx context.Context) error {
		times, err := s.Mails.Since(ctx, ada.ID, domain.ResetPassword, now.Add(-time.Hour))
		require.Equal(t, []time.Time{older.CreatedAt, newer.CreatedAt}, times)
		if err == nil {
			times, err = s.Mails.Since(ctx, ada.ID, domain.ResetPassword, now.Add(-time.Hour+time.Microsecond))
			require.Equal(t, []time.Time{newer.CreatedAt}, times)
		}
		return err
	})

	s.do(t, func(ctx context.Context) error {
		ended, err := s.Mails.End(ctx, older.ID, now)
		require.True(t, ended)
		if err == nil {
			ended, err = s.Mails.End(ctx, older.ID, now.Add(time.Minute))
			require.False(t, ended)
		}
		return err
	})
	require.Equal(t, &now, found(older.ID).EndedAt)

	s.do(t, func(ctx context.Context) error { return s.Mails.MarkSent(ctx, newer.ID, now) })
	require.Equal(t, &now, found(newer.ID).SentAt)

	later := now.Add(time.Second)
	s.do(t, func(ctx context.Context) error {
		return s.Mails.Supersede(ctx, ada.ID, domain.ResetPassword, later, now.Add(-domain.KeepMails))
	})
	_, err = s.Mails.Find(t.Context(), ancient.ID)
	require.ErrorIs(t, err, domain.ErrNoMail)
	require.Equal(t, &now, found(older.ID).EndedAt, "the first end counts")
	require.Equal(t, &later, found(newer.ID).EndedAt)
	require.Nil(t, found(notice.ID).EndedAt, "another kind")
	require.Nil(t, found(others.ID).EndedAt, "another user")
}
