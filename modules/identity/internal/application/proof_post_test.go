package application

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"sync"
	"time"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
	"fasttrack/shared/jobs"
	"fasttrack/shared/mail"
	"fasttrack/shared/uow"
)

// post is the queue and the mail server of the proof: jobs wait until an interleaving has one done, and what is sent
// stays here. A job is there if and only if its unit of work was committed.
type post struct {
	mu       sync.Mutex
	handlers map[string]func(ctx context.Context, batch []json.RawMessage) error
	waiting  []waitingJob
	sent     []mail.Message
}

type waitingJob struct {
	kind string
	args json.RawMessage
}

var (
	_ jobs.Queue  = (*post)(nil)
	_ mail.Mailer = (*post)(nil)
)

func newPost() *post {
	return &post{handlers: map[string]func(context.Context, []json.RawMessage) error{}}
}

// Handle implements jobs.Queue.
func (p *post) Handle(kind string, work func(ctx context.Context, batch []json.RawMessage) error) {
	p.handlers[kind] = work
}

// Every implements jobs.Queue. Nothing of the proof is done every so often.
func (p *post) Every(string, time.Duration, func(context.Context) error) {}

// Insert implements jobs.Queue.
func (p *post) Insert(ctx context.Context, args jobs.Args) error {
	if uow.Current(ctx) == nil {
		return uow.ErrDone
	}
	encoded, err := json.Marshal(args)
	if err != nil {
		return err
	}
	uow.OnCommit(ctx, func() { p.add(waitingJob{args.Kind(), encoded}) })
	return nil
}

// Send implements mail.Mailer.
func (p *post) Send(_ context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return nil
}

func (p *post) add(job waitingJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, job)
}

// take returns a job that waits, which then waits no more; false if there is none with this number.
func (p *post) take(i int) (job waitingJob, there bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i >= len(p.waiting) {
		return job, false
	}
	job = p.waiting[i]
	p.waiting = slices.Delete(p.waiting, i, i+1)
	return job, true
}

func (p *post) do(ctx context.Context, job waitingJob) error {
	return p.handlers[job.kind](ctx, []json.RawMessage{job.args})
}

// about returns which mail a job is about, and what is asked for, and for the account with which address, if the mail is
// still to be made.
func (j waitingJob) about() (mailID ids.ID, asked domain.MailKind, address string) {
	var args struct {
		MailID   ids.ID          `json:"mail_id"`
		MailKind domain.MailKind `json:"mail_kind"`
		EmailKey string          `json:"email_key"`
	}
	if err := json.Unmarshal(j.args, &args); err != nil {
		panic(err)
	}
	return args.MailID, args.MailKind, args.EmailKey
}

var mailToken = regexp.MustCompile(`(?m)^[\w-]{64}$`)

// lastTo returns the token of the last mail to an address that has one.
func (p *post) lastTo(address, subject string) (token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.sent) {
		if m.To == address && m.Subject == subject {
			return mailToken.FindString(m.Text)
		}
	}
	return ""
}

// clear forgets everything.
func (p *post) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting, p.sent = nil, nil
}
