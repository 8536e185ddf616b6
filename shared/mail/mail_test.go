package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/mail"
)

func TestNobodyPutsAHeaderIntoAMail(t *testing.T) {
	t.Parallel()
	require.NoError(t, mail.Message{To: "ann@example.com", Subject: "Für Änne 😀"}.Check())
	for _, bad := range []mail.Message{
		{To: "", Subject: "Hi"},
		{To: "ann", Subject: "Hi"},
		{To: "Ann <ann@example.com>", Subject: "Hi"},
		{To: "ann@example.com, bob@example.com", Subject: "Hi"},
		{To: "ann@example.com\r\nBcc: bob@example.com", Subject: "Hi"},
		{To: "ann@example.com\n", Subject: "Hi"},
		{To: "ann@example.com"},
		{To: "ann@example.com", Subject: "Hi\r\nBcc: bob@example.com"},
		{To: "ann@example.com", Subject: "Hi\nthere"},
		{To: "ann@example.com", Subject: "Hi\x00"},
	} {
		require.ErrorIs(t, bad.Check(), mail.ErrInvalid, "%q", bad)
	}
}
