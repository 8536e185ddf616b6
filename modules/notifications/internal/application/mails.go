package application

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"fasttrack/modules/notifications/internal/domain"
	"fasttrack/modules/notifications/internal/ports"
	"fasttrack/shared/clock"
	"fasttrack/shared/ids"
	"fasttrack/shared/jobs"
	"fasttrack/shared/mail"
	"fasttrack/shared/uow"
)

// MailAssignee is the job of telling an assignee by mail.
type MailAssignee struct {
	NotificationID ids.ID `json:"notification_id"`
}

// Kind implements jobs.Args.
func (MailAssignee) Kind() string { return "notifications.mail_assignee" }

// Mails tells by mail what is worth it. A nil one tells nothing.
type Mails struct {
	work   uow.UnitOfWork
	mails  ports.Mails
	queue  jobs.Queue
	mailer mail.Mailer
	now    clock.Clock
	log    *slog.Logger
}

// NewMails returns the service, and has it do its jobs.
func NewMails(
	work uow.UnitOfWork, mails ports.Mails, queue jobs.Queue, mailer mail.Mailer, now clock.Clock, log *slog.Logger,
) *Mails {
	m := &Mails{work, mails, queue, mailer, now, log}
	jobs.Handle(queue, m.send)
	return m
}

// enqueue leaves jobs for those of the notifications that are told by mail.
func (m *Mails) enqueue(ctx context.Context, fresh []domain.Notification) error {
	if m == nil {
		return nil
	}
	for _, n := range fresh {
		if !n.IsMailed() {
			continue
		}
		if err := m.queue.Insert(ctx, MailAssignee{n.ID}); err != nil {
			return fmt.Errorf("have notification %s mailed: %w", n.ID, err)
		}
	}
	return nil
}

// send tells several. One that fails does not keep the others back; what has been sent is not sent again when the job
// is tried again, unless the program died between the mail and its mark.
func (m *Mails) send(ctx context.Context, batch []MailAssignee) error {
	var failures error
	for _, job := range batch {
		failures = errors.Join(failures, m.sendOne(ctx, job.NotificationID))
	}
	return failures
}

func (m *Mails) sendOne(ctx context.Context, id ids.ID) error {
	n, address, unsent, err := m.mails.Unsent(ctx, id)
	if err != nil || !unsent {
		return err
	}
	message, err := n.Mail(address)
	if err == nil {
		err = m.mailer.Send(ctx, message)
	}
	switch {
	case errors.Is(err, mail.ErrInvalid) || errors.Is(err, mail.ErrRefused):
		// Nothing would change that. The log does not say to whom.
		m.log.WarnContext(ctx, "a mail cannot be sent", "notification_id", id.String(), "user_id", n.UserID.String(), "error", err)
	case err != nil:
		return fmt.Errorf("mail notification %s: %w", id, err)
	}
	return m.work.Do(ctx, func(ctx context.Context) error { return m.mails.Sent(ctx, id, m.now()) })
}
