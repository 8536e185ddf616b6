package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/mail"
)

// Outbox keeps each mail as a file, for development.
type Outbox struct {
	dir  string
	from string
	now  clock.Clock
	id   ids.Generator
	log  *slog.Logger
}

var _ mail.Mailer = (*Outbox)(nil)

// NewOutbox returns a mailer that writes .eml files to dir, which is made with the first of them.
func NewOutbox(dir, from string, now clock.Clock, id ids.Generator, log *slog.Logger) *Outbox {
	return &Outbox{dir, from, now, id, log}
}

// Send implements mail.Mailer. The file is there as a whole or not at all. The log names it and nothing of what is in
// it.
func (o *Outbox) Send(ctx context.Context, m mail.Message) (err error) {
	composed, err := compose(o.from, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o750); err != nil {
		return fmt.Errorf("make the outbox: %w", err)
	}
	file, err := os.CreateTemp(o.dir, ".unfinished-")
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = composed.WriteTo(file)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	path := filepath.Join(o.dir, o.now().Format("20060102T150405.000")+"-"+o.id().String()+".eml")
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	o.log.InfoContext(ctx, "mail", "file", path)
	return nil
}
