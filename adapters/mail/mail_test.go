package mail_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	adapter "fasttrack/adapters/mail"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/mail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var letter = mail.Message{
	To: "änne@example.com", Subject: "Für Änne: „Gießen“ 😀", Text: "Grüße,\nÖrs\n.\nEnde",
}

const from = "fasttrack <no-reply@example.com>"

// server is a mail server that keeps what it is given.
type server struct {
	mu     sync.Mutex
	mails  []string
	refuse *smtp.SMTPError
}

type session struct{ *server }

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

func (s session) Mail(string, *smtp.MailOptions) error { return nil }

func (s session) Rcpt(string, *smtp.RcptOptions) error {
	if s.refuse != nil {
		return s.refuse
	}
	return nil
}

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, string(text))
	return err
}

func (s session) Reset() {}

func (s session) Logout() error { return nil }

func serve(t *testing.T) (s *server, address string) {
	t.Helper()
	s = &server{}
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	backend := smtp.NewServer(s)
	backend.EnableSMTPUTF8 = true
	backend.Domain = "localhost"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = backend.Serve(listener)
	}()
	t.Cleanup(func() {
		_ = backend.Close()
		_ = listener.Close() // which a server that was closed before it served does not know
		<-ended
	})
	return s, "smtp://" + listener.Addr().String()
}

// requireLetter demands that the text is the letter, as a reader of mail would understand it.
func requireLetter(t *testing.T, text string, want mail.Message) {
	t.Helper()
	got, err := netmail.ReadMessage(bytes.NewReader([]byte(text)))
	require.NoError(t, err)
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, want.Subject, subject)
	to, err := got.Header.AddressList("To")
	require.NoError(t, err)
	require.Len(t, to, 1)
	require.Equal(t, want.To, to[0].Address)
	require.Equal(t, "quoted-printable", got.Header.Get("Content-Transfer-Encoding"))
	body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
	require.NoError(t, err)
	require.Equal(t, want.Text, string(bytes.TrimRight(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), "\n")))
	require.NotEmpty(t, got.Header.Get("Message-Id"))
	_, err = got.Header.Date()
	require.NoError(t, err)
}

func TestAServerGetsTheMailAsItWasWritten(t *testing.T) {
	t.Parallel()
	s, address := serve(t)
	mailer, err := adapter.NewSMTP(address, from)
	require.NoError(t, err)
	ascii := letter
	ascii.To = "anne@example.com"
	require.NoError(t, mailer.Send(t.Context(), ascii))
	require.Len(t, s.mails, 1)
	requireLetter(t, s.mails[0], ascii)
}

func TestHeadersCannotBePutIn(t *testing.T) {
	t.Parallel()
	s, address := serve(t)
	smtpMailer, err := adapter.NewSMTP(address, from)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "outbox")
	for _, mailer := range []mail.Mailer{
		smtpMailer, adapter.NewOutbox(dir, from, clock.System, ids.New, slog.New(slog.DiscardHandler)),
	} {
		for _, bad := range []mail.Message{
			{To: "ann@example.com", Subject: "Hi\r\nBcc: bob@example.com"},
			{To: "ann@example.com\r\nBcc: bob@example.com", Subject: "Hi"},
		} {
			require.ErrorIs(t, mailer.Send(t.Context(), bad), mail.ErrInvalid)
		}
	}
	require.Empty(t, s.mails)
	require.NoDirExists(t, dir)
}

func TestRefusalsForGoodAndForNowAreToldApart(t *testing.T) {
	t.Parallel()
	for code, forGood := range map[int]bool{550: true, 450: false} {
		s, address := serve(t)
		s.refuse = &smtp.SMTPError{Code: code, Message: "no"}
		mailer, err := adapter.NewSMTP(address, from)
		require.NoError(t, err)
		err = mailer.Send(t.Context(), mail.Message{To: "ann@example.com", Subject: "Hi", Text: "Hi"})
		require.Error(t, err)
		require.Equal(t, forGood, errors.Is(err, mail.ErrRefused), "%d: %v", code, err)
	}
	mailer, err := adapter.NewSMTP("smtp://127.0.0.1:1", from)
	require.NoError(t, err)
	err = mailer.Send(t.Context(), mail.Message{To: "ann@example.com", Subject: "Hi", Text: "Hi"})
	require.Error(t, err)
	require.NotErrorIs(t, err, mail.ErrRefused)
}

func TestTheOutboxKeepsWholeFilesAndTheLogTheirNamesOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	outbox := adapter.NewOutbox(dir, from, clock.System, ids.New, slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 {
		require.NoError(t, outbox.Send(t.Context(), letter))
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		require.Equal(t, ".eml", filepath.Ext(file.Name()))
		text, err := os.ReadFile(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		requireLetter(t, string(text), letter)
		require.Contains(t, log.String(), file.Name())
	}
	require.NotContains(t, log.String(), "nne")
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:x"} {
		_, err := adapter.NewSMTP(bad, from)
		require.Error(t, err, bad)
	}
}

func TestAProbeTellsWhetherTheServerAnswers(t *testing.T) {
	t.Parallel()
	s, address := serve(t)
	mailer, err := adapter.NewSMTP(address+"?tls=opportunistic", from)
	require.NoError(t, err)
	require.NoError(t, mailer.Probe(t.Context()))
	require.Empty(t, s.mails)
	mailer, err = adapter.NewSMTP("smtp://127.0.0.1:1", from)
	require.NoError(t, err)
	require.ErrorContains(t, mailer.Probe(t.Context()), "talk to the mail server")
}
