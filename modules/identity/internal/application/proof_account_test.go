package application

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
	"fasttrack/shared/precondition"
)

// modelAccount is what an account is, by the rules alone.
type modelAccount struct {
	address, pending string // pending: none if empty
	verified, active bool
	password         string
	former           []string // passwords, which no two times are the same
	letters          []*modelLetter
}

// modelLetter is a mail of the account.
type modelLetter struct {
	id       ids.ID
	kind     domain.MailKind
	address  string // that it goes to
	password string // of the account when it was made
	madeAt   time.Time
	over     bool   // its token was used, or that of a newer one takes its place
	marked   bool   // as sent
	token    string // once it was sent
}

// good reports whether the letter is still of use: it is sent, and its token, if it has one, does what it is for.
func (a *modelAccount) good(l *modelLetter, now time.Time) bool {
	within := 24 * time.Hour
	if l.kind == domain.ResetPassword {
		within = time.Hour
	}
	switch {
	case l.over, !a.active, !now.Before(l.madeAt.Add(within)):
		return false
	case l.kind == domain.ResetPassword:
		return l.address == a.address && l.password == a.password
	case l.kind == domain.VerifyEmail:
		return l.address == a.pending || l.address == a.address && !a.verified
	}
	return true
}

// full reports whether the account got as many mails of a kind as anybody gets in an hour.
func (a *modelAccount) full(kind domain.MailKind, now time.Time) bool {
	n := 0
	for _, l := range a.letters {
		if l.kind == kind && !l.madeAt.Before(now.Add(-time.Hour)) {
			n++
		}
	}
	return n >= 5
}

// write adds a letter. If it supersedes others of its kind, their tokens are dead.
func (a *modelAccount) write(id ids.ID, kind domain.MailKind, supersedes bool, now time.Time) {
	for _, l := range a.letters {
		l.over = l.over || supersedes && l.kind == kind
	}
	l := &modelLetter{id: id, kind: kind, address: a.address, password: a.password, madeAt: now}
	if kind == domain.VerifyEmail && a.pending != "" {
		l.address = a.pending
	}
	a.letters = append(a.letters, l)
}

func (a *modelAccount) letter(id ids.ID) *modelLetter {
	i := slices.IndexFunc(a.letters, func(l *modelLetter) bool { return l.id == id })
	if i < 0 {
		return nil
	}
	return a.letters[i]
}

// replacePassword is what every way to another password does.
func (a *modelAccount) replacePassword(next string) {
	a.former, a.password, a.pending = append(a.former, a.password), next, ""
}

// wrote adds the letters that a unit of work has just written, which wait to be sent.
func (h *history) wrote(kinds ...domain.MailKind) {
	waiting := h.post.waiting[len(h.post.waiting)-len(kinds):]
	for i, kind := range kinds {
		id, _, _ := waiting[i].about()
		h.account.write(id, kind, kind == domain.VerifyEmail, h.now())
	}
}

// useMail does something with the mails of the account.
func (h *history) useMail(t *rapid.T) {
	ways := []func(*rapid.T){
		h.resetByMail, h.useToken, h.postIsDone, h.resetByMail, h.useToken, h.postIsDone, h.resend, h.changeAddress, h.changeAddress,
	}
	ways[rapid.IntRange(0, len(ways)-1).Draw(t, "with mail")](t)
	h.checkAccount(t)
}

// resetByMail asks for a token, and mostly goes on at once to what else it takes.
func (h *history) resetByMail(t *rapid.T) {
	waited := len(h.post.waiting)
	h.orCrash(t, func() error { return h.service.ForgotPassword(h.t.Context(), h.account.address) }, func() {})
	if len(h.post.waiting) == waited || rapid.IntRange(0, 3).Draw(t, "later if 3") == 3 {
		return
	}
	h.doJob(t, waited)
	l := h.account.letters[len(h.account.letters)-1]
	if l.kind == domain.ResetPassword && l.token != "" && h.account.good(l, h.now()) &&
		rapid.IntRange(0, 3).Draw(t, "used later if 3") < 3 {
		h.reset(t, l)
	}
}

func (h *history) resend(t *rapid.T) {
	h.orCrash(t, func() error { return h.service.ResendVerification(h.t.Context(), h.account.address) }, func() {})
}

// changeAddress asks for another address, or for the one that the account has, which gives the change up.
func (h *history) changeAddress(t *rapid.T) {
	s := h.pick(t, true)
	next := h.account.address
	if rapid.IntRange(0, 3).Draw(t, "the old one if 0") > 0 {
		next = fmt.Sprintf("user%d.%d@example.com", h.users, h.steps)
	}
	change, err := domain.NewOwnChange(nil, &next)
	h.require(t, err == nil, "%v", err)
	ask := func() error {
		_, err := h.service.ChangeMe(h.t.Context(), h.principal(s), change, &h.account.password, precondition.If{})
		return err
	}
	if next != h.account.address && h.account.full(domain.VerifyEmail, h.now()) {
		err := ask()
		h.require(t, errors.Is(err, domain.ErrTooManyMails), "too many mails: %v", err)
		return
	}
	h.orCrash(t, ask, func() {
		if next == h.account.address {
			h.account.pending = ""
			return
		}
		h.account.pending = next
		h.wrote(domain.EmailChanging, domain.VerifyEmail)
	})
}

func (h *history) postIsDone(t *rapid.T) {
	if len(h.post.waiting) == 0 {
		t.Skip("no mail")
	}
	h.doJob(t, rapid.IntRange(0, len(h.post.waiting)-1).Draw(t, "job"))
}

// doJob has a job done that waits. Its commit may fail, and it may be done once more.
func (h *history) doJob(t *rapid.T, i int) {
	job, _ := h.post.take(i)
	fails := rapid.IntRange(0, 4).Draw(t, "a commit fails if 0") == 0
	sent := len(h.post.sent)
	h.crash.Store(fails)
	err := h.post.do(h.t.Context(), job)
	failed := !h.crash.Swap(false) && fails
	h.require(t, failed == errors.Is(err, errCrash) && (failed || err == nil), "a job: %v", err)
	if failed || rapid.IntRange(0, 4).Draw(t, "done again if 0") == 0 {
		h.post.add(job)
	}

	id, asked, address := job.about()
	l := h.account.letter(id)
	switch {
	case asked == "":
	case failed: // before anything was written
		l = nil
	case l == nil && h.mayWrite(asked, address):
		h.account.write(id, asked, true, h.now())
		l = h.account.letter(id)
	}
	var want int
	if l != nil && !l.marked && h.account.good(l, h.now()) {
		want = 1
		l.marked = !failed
	}
	h.require(t, len(h.post.sent)-sent == want, "a job sends %d mails instead of %d", len(h.post.sent)-sent, want)
	if want == 1 {
		h.received(t, l)
	}
}

// mayWrite reports whether the account gets a mail that somebody asked for by an address, which may be another's by now.
func (h *history) mayWrite(kind domain.MailKind, address string) bool {
	a := h.account
	return a.active && address == a.address && !a.full(kind, h.now()) && (kind == domain.ResetPassword || a.pending != "" || !a.verified)
}

func (h *history) received(t *rapid.T, l *modelLetter) {
	m := h.post.sent[len(h.post.sent)-1]
	h.require(t, m.To == l.address, "a mail goes to %s instead of %s", m.To, l.address)
	token := mailToken.FindString(m.Text)
	h.require(t, (token != "") == l.kind.HasToken(), "a mail of the kind %s has the token %q", l.kind, token)
	h.require(t, l.token == "" || l.token == token, "a mail that is sent again has another token")
	l.token = token
}

// useToken uses a token for what it is for, or now and then for something else.
func (h *history) useToken(t *rapid.T) {
	var had []int // the first are drawn more often
	for i, l := range slices.Backward(h.account.letters) {
		if l.token != "" {
			had = append(had, i)
		}
	}
	if len(had) == 0 {
		t.Skip("no token")
	}
	l := h.account.letters[rapid.SampledFrom(had).Draw(t, "letter")]
	purpose := l.kind
	if rapid.IntRange(0, 9).Draw(t, "for something else if 9") == 9 {
		purpose = rapid.SampledFrom([]domain.MailKind{domain.ResetPassword, domain.VerifyEmail}).Draw(t, "purpose")
	}
	use := h.verify
	if purpose == domain.ResetPassword {
		use = h.reset
	}
	if purpose != l.kind || !h.account.good(l, h.now()) {
		h.refusesToken(t, l, purpose)
		return
	}
	use(t, l)
}

// reset sets another password by mail: nothing that was alive before is alive afterwards.
func (h *history) reset(t *rapid.T, l *modelLetter) {
	next := h.anotherPassword()
	h.orCrash(t, func() error { return h.service.ResetPassword(h.t.Context(), l.token, next) }, func() {
		l.over = true
		h.account.replacePassword(next)
		h.endAll(nil, events.SessionPassword, "the password was reset")
		h.resets.Add(1)
	})
}

// verify confirms an address: no session notices.
func (h *history) verify(t *rapid.T, l *modelLetter) {
	h.orCrash(t, func() error { return h.service.VerifyEmail(h.t.Context(), l.token) }, func() {
		l.over = true
		if h.account.pending == l.address {
			h.account.address, h.account.pending = l.address, ""
		}
		h.account.verified = true
		h.verifications.Add(1)
	})
}

// refusesToken expects that a token does nothing.
func (h *history) refusesToken(t *rapid.T, l *modelLetter, purpose domain.MailKind) {
	var err error
	if purpose == domain.ResetPassword {
		err = h.service.ResetPassword(h.t.Context(), l.token, h.anotherPassword())
	} else {
		err = h.service.VerifyEmail(h.t.Context(), l.token)
	}
	h.require(t, errors.Is(err, domain.ErrBadMailToken), "a token of a mail that is of no use: %v", err)
	h.deadTokens.Add(1)
}

func (h *history) anotherPassword() string { return fmt.Sprintf("password number %d", h.steps) }

// checkAccount looks at what is kept of the account.
func (h *history) checkAccount(t *rapid.T) {
	u, err := h.service.users.Find(h.t.Context(), h.user.UserID)
	h.require(t, err == nil, "%v", err)
	s, a := u.State(), h.account
	h.require(t, s.Email.String() == a.address && s.PendingEmail.String() == a.pending,
		"the account has %s and waits for %q, instead of %s and %q", s.Email, s.PendingEmail, a.address, a.pending)
	h.require(t, s.EmailVerified == a.verified && s.IsActive == a.active,
		"the account is verified: %t, and active: %t", s.EmailVerified, s.IsActive)
}

// finishAccount tries what must be of no use any more.
func (h *history) finishAccount(t *rapid.T) {
	for _, l := range h.account.letters {
		if l.token != "" && !h.account.good(l, h.now()) {
			h.refusesToken(t, l, l.kind)
		}
	}
	if n := len(h.account.former); n > 0 {
		_, err := h.service.Login(h.t.Context(), h.account.address, h.account.former[n-1], domain.Device{})
		h.require(t, errors.Is(err, domain.ErrInvalidCredentials), "a former password logs in: %v", err)
	}
	h.checkAccount(t)
}
