package mailtoken_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/identity/internal/adapters/mailtoken"
	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

const secret = "a secret of this test that is long enough"

func TestATokenIsTheSameEachTimeAndItsHashIsFound(t *testing.T) {
	t.Parallel()
	m := domain.Mail{ID: ids.New(), UserID: ids.New(), Kind: domain.ResetPassword}
	one, other := mailtoken.New([]byte(secret)), mailtoken.New([]byte(secret))
	token := one.Token(m, "proof")
	require.Equal(t, token, other.Token(m, "proof"))
	require.Regexp(t, `^[A-Za-z0-9_-]{64}$`, token)
	presented, err := other.Read(token)
	require.NoError(t, err)
	require.Equal(t, m.ID, presented.MailID)
	require.Equal(t, one.Hash(m, "proof"), presented.Hash)
}

func TestATokenDependsOnEverythingThatItIsAbout(t *testing.T) {
	t.Parallel()
	tokens := mailtoken.New([]byte(secret))
	m := domain.Mail{ID: ids.New(), UserID: ids.New(), Kind: domain.ResetPassword}
	seen := map[string]bool{string(tokens.Hash(m, "proof")): true}
	for _, differ := range []func(*domain.Mail){
		func(m *domain.Mail) { m.ID = ids.New() },
		func(m *domain.Mail) { m.UserID = ids.New() },
		func(m *domain.Mail) { m.Kind = domain.VerifyEmail },
	} {
		other := m
		differ(&other)
		seen[string(tokens.Hash(other, "proof"))] = true
	}
	seen[string(tokens.Hash(m, "another proof"))] = true
	seen[string(mailtoken.New([]byte(secret+"!")).Hash(m, "proof"))] = true
	require.Len(t, seen, 6)
}

func TestWhatIsNotOfTheFormIsNoToken(t *testing.T) {
	t.Parallel()
	tokens := mailtoken.New([]byte(secret))
	token := tokens.Token(domain.Mail{ID: ids.New(), UserID: ids.New(), Kind: domain.VerifyEmail}, "ada@example.com")
	for n := range len(token) {
		_, err := tokens.Read(token[:n])
		require.ErrorIs(t, err, domain.ErrBadMailToken, "%d characters", n)
	}
	for _, bad := range []string{
		token + "A", token[:63] + "=", token[:63] + "+", token[:63] + "\n", token[:62] + "\r\n" + token[62:], token + "\n",
		strings.Repeat("é", 32), strings.Repeat("A", 1<<20),
	} {
		_, err := tokens.Read(bad)
		require.ErrorIs(t, err, domain.ErrBadMailToken)
	}
	require.Panics(t, func() { mailtoken.New(nil) })
}
