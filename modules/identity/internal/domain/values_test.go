package domain

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/errs"
)

var policy = PasswordPolicy{MinLength: 8}

// refused returns the locations that the error complains about.
func refused(t *testing.T, err error) (locations []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *errs.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, errs.Invalid, e.Kind)
	for _, f := range e.Fields {
		locations = append(locations, f.Location)
	}
	return locations
}

func TestARegistrationReportsEveryRefusedField(t *testing.T) {
	t.Parallel()
	_, err := NewRegistration("nobody", "short", new(" "), policy)
	require.Equal(t, []string{"body.email", "body.display_name", "body.password"}, refused(t, err))
	require.NotContains(t, err.Error(), "short")
}

func TestPasswordsAreCountedInCharactersAndNotTrimmed(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"1234567":                   false,
		"12345678":                  true,
		"        ":                  true,
		"\x00\x01\x02\x03\x04\n\r ": true,
		"пароль":                    false,
		"парольпа":                  true,
		strings.Repeat("é", 128):    true,
		strings.Repeat("é", 129):    false,
	} {
		r, err := NewRegistration("a@example.com", password, nil, policy)
		require.Equal(t, want, err == nil, "%q", password)
		require.Equal(t, password, r.Password())
	}
}

func TestThePolicyJudgesTheNormalForm(t *testing.T) {
	t.Parallel()
	p := PasswordPolicy{
		MinLength: 4, Normal: func(s string) string { return strings.ReplaceAll(s, "oe", "ö") },
		Weakness: func(password string, personal []string) string {
			if password == "schön" && personal[0] == "Schön" {
				return "it is beautiful"
			}
			return ""
		},
	}
	for password, want := range map[string]string{
		"schoen": "is too easy to guess: it is beautiful", "toene": "", "toe": "must have at least 4 characters",
		strings.Repeat("oe", 128): "", strings.Repeat("oe", 129): "must have at most 128 characters",
		strings.Repeat("oe", 128) + "x": "must have at most 128 characters",
	} {
		normal, bad := p.Check("new_password", password, []string{"Schön"})
		require.Equal(t, p.Normal(password), normal)
		if want == "" {
			require.Empty(t, bad, password)
			continue
		}
		require.Equal(t, []errs.Field{errs.Body("new_password", want)}, bad)
	}
	p.Normal = func(string) string { return "four" }
	_, bad := p.Check("password", strings.Repeat("x", 1025), nil)
	require.NotEmpty(t, bad, "nobody could present it")
}

func TestPersonalWords(t *testing.T) {
	t.Parallel()
	email, err := ParseEmail("ada.b.love-lace@example.com")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"ada.b.love-lace@example.com", "love", "lace", "example", "Åsa-Lena v. Ek", "Lena"},
		PersonalWords(email, "Åsa-Lena v. Ek"))
}

func TestAnythingShortEnoughMayBePresentedAsAPassword(t *testing.T) {
	t.Parallel()
	require.NoError(t, CheckPresented("password", "x"))
	require.NoError(t, CheckPresented("password", strings.Repeat("x", 1024)))
	require.Error(t, CheckPresented("password", ""))
	require.Error(t, CheckPresented("password", strings.Repeat("x", 1025)))
	require.Error(t, CheckPresented("password", strings.Repeat("é", 513)), "bytes are counted here")
}

func TestDisplayNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Ada": true, strings.Repeat("é", 100): true, strings.Repeat("é", 101): false, "": false, " \t": false, "a\x00b": false,
	} {
		_, err := NewUserChange(&name, nil, nil)
		require.Equal(t, want, err == nil, "%q", name)
	}
	_, err := NewUserChange(nil, new("owner"), nil)
	require.Equal(t, []string{"body.role"}, refused(t, err))
}

func TestWhichAddressesAreTaken(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for _, good := range []string{
		"ada@example.com", "Ada.Lovelace+x@Mail.Example.com", "o'brien@example.co.uk", "x@1.example", "a@b.c",
		"дом@пример.рф", "user@münchen.de", strings.Repeat("a", 64) + "@example.com", "a@" + label + ".com",
	} {
		e, err := ParseEmail(good)
		require.NoError(t, err, good)
		require.Equal(t, good, e.String())
	}
	for _, bad := range []string{
		"", "ada", "@example.com", "ada@", "ada@example", "a b@example.com", "ada@exam ple.com", "ada@@example.com",
		"Ada <ada@example.com>", "<ada@example.com>", `"a b"@example.com`, `"ada"@example.com`, "ada@[127.0.0.1]",
		"ada@example.com,b@example.com", "ada@example.com (Ada)", "ada@example..com", ".ada@example.com", "ada.@example.com",
		"ada@.example.com", "ada@example.com.", "ada@-example.com", "ada@example-.com", "ada@exa_mple.com",
		"ada\x00@example.com", "ada@example.com\nbcc: x@example.com", "ad\u202ea@example.com", "ada\xff@example.com",
		strings.Repeat("a", 65) + "@example.com", "a@" + label + "a.com",
		"a@" + strings.Repeat(label+".", 4) + "com",
	} {
		_, err := ParseEmail(bad)
		require.Equal(t, []string{"body.email"}, refused(t, err), "%q", bad)
	}
	e, err := ParseEmail("  ada@example.com\r\n")
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", e.String())
}

func TestNoAddressIsTooLong(t *testing.T) {
	t.Parallel()
	long := "a@" + strings.Repeat(strings.Repeat("b", 62)+".", 4)
	require.NoError(t, second(ParseEmail(long[:254-3]+".de")))
	require.Error(t, second(ParseEmail(long[:254-2]+".de")))
}

func second[T any](_ T, err error) error { return err }

func TestAddressesAreTheSameIfTheyDifferInCaseAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ada@example.com", RestoreEmail("ADA@Example.COM").Key())
	require.Equal(t, RestoreEmail("ДОМ@пример.рф").Key(), RestoreEmail("дом@ПРИМЕР.рф").Key())
	require.NotEqual(t, RestoreEmail("ada@example.com").Key(), RestoreEmail("äda@example.com").Key())
}

func FuzzParseEmail(f *testing.F) {
	f.Add("ada@example.com")
	f.Add(`"a@b"@c.de`)
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEmail(s)
		if err != nil {
			return
		}
		again, err := ParseEmail(e.String())
		require.NoError(t, err)
		require.Equal(t, e, again, "one form")
		require.NotEmpty(t, e.Local())
		require.LessOrEqual(t, len(e.String()), 254)
	})
}
