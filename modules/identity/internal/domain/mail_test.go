package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

func TestAMailGoesToTheAddressThatItIsAboutForAsLongAsItSaysSomething(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ada, countess := domain.RestoreEmail("ada@example.com"), domain.RestoreEmail("countess@example.com")
	fresh := domain.UserState{ID: ids.New(), Email: ada, IsActive: true}
	verified, waiting, moved, off := fresh, fresh, fresh, fresh
	verified.EmailVerified = true
	waiting.PendingEmail = countess
	moved.Email, moved.EmailVerified = countess, true
	off.IsActive = false
	for name, c := range map[string]struct {
		kind      domain.MailKind
		made, now domain.UserState
		to        domain.Email
		concerns  bool
	}{
		"who registers":                    {domain.VerifyEmail, fresh, fresh, ada, true},
		"who is verified":                  {domain.VerifyEmail, fresh, verified, ada, false},
		"another address":                  {domain.VerifyEmail, waiting, waiting, countess, true},
		"another address, withdrawn":       {domain.VerifyEmail, waiting, fresh, countess, false},
		"another address, taken over":      {domain.VerifyEmail, waiting, moved, countess, false},
		"the old address":                  {domain.EmailChanging, waiting, waiting, ada, true},
		"the old address, when it is late": {domain.EmailChanging, waiting, moved, ada, true},
		"a new password":                   {domain.ResetPassword, waiting, waiting, ada, true},
		"a new password, who has moved":    {domain.ResetPassword, fresh, moved, ada, false},
		"a new password, deactivated":      {domain.ResetPassword, fresh, off, ada, false},
		"an address, deactivated":          {domain.VerifyEmail, fresh, off, ada, false},
	} {
		m := domain.NewMail(ids.New(), c.kind, c.made, now)
		require.Equal(t, c.to, m.Address, name)
		require.Equal(t, c.concerns, m.Concerns(c.now), name)
		lifetime := map[bool]time.Duration{true: time.Hour, false: 24 * time.Hour}[c.kind == domain.ResetPassword]
		require.True(t, m.IsLive(now.Add(lifetime-time.Second)), name)
		require.False(t, m.IsLive(now.Add(lifetime)), name)
		m.EndedAt = &now
		require.False(t, m.IsLive(now), name)
	}
}

func TestTheProofOfAResetIsTheAddressAndThePassword(t *testing.T) {
	t.Parallel()
	u := domain.UserState{Email: domain.RestoreEmail("ada@example.com"), PasswordHash: "one"}
	m := domain.NewMail(ids.New(), domain.ResetPassword, u, time.Time{})
	before := m.Proof(u)
	for _, change := range []func(*domain.UserState){
		func(u *domain.UserState) { u.PasswordHash = "two" },
		func(u *domain.UserState) { u.Email = domain.RestoreEmail("countess@example.com") },
	} {
		after := u
		change(&after)
		require.NotEqual(t, before, m.Proof(after))
	}
	u.DisplayName = "Countess"
	require.Equal(t, before, m.Proof(u))
}
