package latin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/organizations/internal/adapters/latin"
)

func TestLatinLettersBecomePlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                   "",
		"Acme":               "Acme",
		"Müller & Söhne":     "Muller & Sohne",
		"Straße":             "Strasse",
		"Łódź":               "Lodz",
		"Smørrebrød Ærø":     "Smorrebrod AEro",
		"Café du Théâtre":    "Cafe du Theatre",
		"Dvořák, Çeşme, Åse": "Dvorak, Cesme, Ase",
		"ﬁne Ａ²":             "fine A2",
		"日本":                 "日本",
		"Zoë\xff":            "Zoe\ufffd",
	} {
		require.Equal(t, want, latin.Plain(in), "%q", in)
	}
}
