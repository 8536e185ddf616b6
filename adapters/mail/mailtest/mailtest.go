// Package mailtest lets tests read what was mailed: from an outbox of files, and from a real mail server.
package mailtest

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const patience = 20 * time.Second

// Mail is a mail as who gets it reads it.
type Mail struct {
	To      string // the address
	Subject string
	Text    string // with plain line feeds
}

var token = regexp.MustCompile(`(?:\n|#token=)([A-Za-z0-9_-]{64})\n`)

// Token returns the token in the mail, which must be there.
func (m Mail) Token(t testing.TB) string {
	t.Helper()
	found := token.FindStringSubmatch(m.Text)
	require.NotNil(t, found, "there is no token in the mail %q", m.Subject)
	return found[1]
}

// Parse reads a mail as it is sent.
func Parse(t testing.TB, text []byte) Mail {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(text))
	require.NoError(t, err)
	to, err := message.Header.AddressList("To")
	require.NoError(t, err)
	require.Len(t, to, 1)
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	require.NoError(t, err)
	body := message.Body
	if message.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	require.NoError(t, err)
	return Mail{to[0].Address, subject, strings.ReplaceAll(string(content), "\r\n", "\n")}
}

// Outbox is a folder that mails are kept in as files.
type Outbox string

// Mails returns what is there, in the order in which it was sent.
func (o Outbox) Mails(t testing.TB) []Mail {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(string(o), "*.eml")) // their names begin with the time
	require.NoError(t, err)
	mails := make([]Mail, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		mails[i] = Parse(t, text)
	}
	return mails
}

// Await waits for the nth mail of a subject to an address, from 1, and returns it.
func (o Outbox) Await(t testing.TB, address, subject string, n int) Mail {
	t.Helper()
	return await(t, o.Mails, address, subject, n)
}

// await looks again and again until there are n mails.
func await(t testing.TB, look func(testing.TB) []Mail, address, subject string, n int) Mail {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var to []Mail
		all := look(t)
		for _, m := range all {
			if m.To == address && m.Subject == subject {
				to = append(to, m)
			}
		}
		if len(to) >= n {
			return to[n-1]
		}
		require.True(t, time.Now().Before(deadline), "there is no mail %d %q to %s among %+v", n, subject, address, all)
	}
}
