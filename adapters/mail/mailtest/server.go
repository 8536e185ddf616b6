package mailtest

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// Server is a mail server that keeps what it is given.
type Server struct {
	URL string // smtp://127.0.0.1:port

	mu     sync.Mutex
	kept   [][]byte
	refuse *smtp.SMTPError
}

// Serve runs a mail server until the test ends.
func Serve(t testing.TB) *Server {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{URL: "smtp://" + listener.Addr().String()}
	backend := smtp.NewServer(s)
	backend.EnableSMTPUTF8 = true
	backend.Domain = "localhost"
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = backend.Serve(listener) // until it is closed
	}()
	t.Cleanup(func() {
		_ = backend.Close()
		_ = listener.Close() // which a server that was closed before it served does not know
		<-ended
	})
	return s
}

// Refuse has every mail refused with a code, as 451 and 550, until it is called with 0.
func (s *Server) Refuse(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = nil
	if code != 0 {
		s.refuse = &smtp.SMTPError{Code: code, Message: "no"}
	}
}

// Mails returns what was taken, in order.
func (s *Server) Mails(t testing.TB) []Mail {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	mails := make([]Mail, len(s.kept))
	for i, text := range s.kept {
		mails[i] = Parse(t, text)
	}
	return mails
}

// Await waits for the nth mail of a subject to an address, from 1, and returns it.
func (s *Server) Await(t testing.TB, address, subject string, n int) Mail {
	t.Helper()
	return await(t, s.Mails, address, subject, n)
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

type session struct{ *Server }

// Mail implements smtp.Session.
func (s session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (s session) Rcpt(string, *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	return nil
}

// Data implements smtp.Session.
func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, text)
	return nil
}

// Reset implements smtp.Session.
func (s session) Reset() {}

// Logout implements smtp.Session.
func (s session) Logout() error { return nil }
