package domain

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: what is kept of a ticket leads to the token with the ticket alone.
func TestATicketSealsItsToken(t *testing.T) {
	t.Parallel()
	one, other := NewTicket(), NewTicket()
	require.NotEqual(t, one, other)
	require.GreaterOrEqual(t, len(one), 26)
	require.Equal(t, one.Hash(), one.Hash())
	require.NotEqual(t, one.Hash(), other.Hash())

	sealed := one.Seal("a token")
	require.False(t, bytes.Contains(sealed, []byte("token")))
	token, err := one.Unseal(sealed)
	require.NoError(t, err)
	require.Equal(t, "a token", token)

	for name, try := range map[string]func() (string, error){
		"another ticket": func() (string, error) { return other.Unseal(sealed) },
		"a bent seal":    func() (string, error) { sealed[len(sealed)-1]++; return one.Unseal(sealed) },
		"nothing":        func() (string, error) { return one.Unseal(nil) },
	} {
		_, err := try()
		require.ErrorIs(t, err, errSeal, name)
	}
}
