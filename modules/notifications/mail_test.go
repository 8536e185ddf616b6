package notifications_test

import (
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database"
	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/jobs/jobstest"
	outbox "fasttrack/adapters/mail"
	"fasttrack/adapters/module/moduletest"
	"fasttrack/adapters/replica/replicatest"
	"fasttrack/shared/clock"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

func TestTheCopyOfUsersKeepsItsContract(t *testing.T) {
	t.Parallel()
	replicatest.UsersWithEmail(t, "notification_users")
}

// postOffice is the module with mail that is written to files.
func postOffice(t *testing.T, db *database.DB, dir string) *house {
	t.Helper()
	log := slog.DiscardHandler
	return openMailing(t, db, log, outbox.NewOutbox(dir, "no-reply@example.com", clock.System, ids.New, slog.New(log)))
}

// letter is a mail as its recipient sees it.
type letter struct{ to, subject, text string }

func letters(t *testing.T, dir string) (all []letter) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.Open(file)
		require.NoError(t, err)
		m, err := mail.ReadMessage(raw)
		require.NoError(t, err)
		text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
		require.NoError(t, err)
		require.NoError(t, raw.Close())
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		require.NoError(t, err)
		to, err := mail.ParseAddress(m.Header.Get("To"))
		require.NoError(t, err)
		all = append(all, letter{to.Address, subject, strings.ReplaceAll(string(text), "\r\n", "\n")})
	}
	slices.SortFunc(all, func(a, b letter) int { return strings.Compare(a.to+a.subject, b.to+b.subject) })
	return all
}

func TestAnAssigneeIsToldByMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		dir := t.TempDir()
		h := postOffice(t, db, dir)
		ann, bob, eve := h.User("Ann"), h.User("Bob"), h.User("Eve")

		// Several in one unit of work are one job.
		first, second := assigned(bob.UserID, "Dig\ndeep ☃"), assigned(eve.UserID, strings.Repeat("long ", 60))
		own := assigned(ann.UserID, "Mow")
		own.By = ann.AsEvent()
		moved := events.TaskStatusChanged{Task: first.Task, OldStatus: "done", By: first.By, At: clock.System()}
		h.Publish(first, second, own, moved)
		require.Len(t, mailJobs(t, db), 1)
		h.Publish(own, moved) // nobody is written of what they did, nor of anything but an assignment
		require.Len(t, mailJobs(t, db), 1)

		stop := jobstest.Run(t, h.queue)
		jobstest.Await(t, db)
		got := letters(t, dir)
		require.Len(t, got, 2)
		require.Equal(t, "Bob@example.com", got[0].to)
		require.Equal(t, "Assigned to you: Dig deep ☃", got[0].subject)
		require.Contains(t, got[0].text, first.By.Name+" assigned you a task in the project Garden:\n\n    Dig deep ☃\n")
		require.Equal(t, "Eve@example.com", got[1].to)
		require.Len(t, []rune(got[1].subject), 120)

		// The same job again, as after a crash between the mail and the end of the job.
		stop()
		h.Exec(`UPDATE river_job SET state = 'available', finalized_at = NULL, attempt = 0 WHERE kind = 'notifications.mail_assignee'`)
		jobstest.Run(t, h.queue)
		jobstest.Await(t, db)
		require.Len(t, letters(t, dir), 2, "a mail that was sent is not sent again")
	})
}

func mailJobs(t *testing.T, db *database.DB) []jobstest.Job {
	t.Helper()
	return slices.DeleteFunc(jobstest.List(t, db),
		func(j jobstest.Job) bool { return j.Kind != "notifications.mail_assignee" })
}

// The rule: the mail goes to who and where they are when it is sent.
func TestMailGoesWhereItsReaderIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		dir := t.TempDir()
		h := postOffice(t, db, dir)
		moving, gone := h.User("Moving"), h.User("Gone")
		h.Publish(assigned(moving.UserID, "Dig"), assigned(gone.UserID, "Dig"), assigned(ids.New(), "Dig"))
		moving.Email, moving.Version = "new@example.com", 2
		h.Publish(events.UserChanged{User: moving.User, At: clock.System()}, moduletest.Deactivated(gone.User))
		jobstest.Run(t, h.queue)
		jobstest.Await(t, db)
		got := letters(t, dir)
		require.Len(t, got, 1)
		require.Equal(t, "new@example.com", got[0].to)
	})
}

// The rule: what cannot be sent now is sent later, and what nobody can send keeps nothing else back.
func TestMailIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *database.DB) {
		dir := filepath.Join(t.TempDir(), "outbox")
		require.NoError(t, os.WriteFile(dir, nil, 0o600)) // where there is a file can be no folder
		h := postOffice(t, db, dir)
		bob, bad := h.User("Bob"), h.User("bad address")
		h.Publish(assigned(bad.UserID, "Dig"), assigned(bob.UserID, "Dig"))
		jobstest.Run(t, h.queue)
		require.Eventually(t, func() bool {
			all := mailJobs(t, db)
			return len(all) == 1 && all[0].Attempt > 1
		}, patience, 5*time.Millisecond)
		require.NoError(t, os.Remove(dir))
		for _, job := range jobstest.Await(t, db) {
			require.Equal(t, "completed", job.State, fmt.Sprint(job))
		}
		require.Len(t, letters(t, dir), 1)
	})
}

func TestWithoutMailNobodyIsWritten(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	h.Publish(assigned(h.User("Bob").UserID, "Dig"))
	require.Empty(t, mailJobs(t, h.DB))
}
