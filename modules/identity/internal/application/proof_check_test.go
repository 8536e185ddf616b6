package application

import (
	"slices"

	"pgregory.net/rapid"

	"fasttrack/modules/identity/internal/domain"
	"fasttrack/shared/ids"
)

// What is promised, and looked at after every step:
//
//   - a session has one live token: one record that was not consumed, that of its generation, of which there has never
//     been another text;
//   - what has ended is dead: no access token of such a session is taken on any node, and, at the end of the
//     interleaving, no refresh token that there ever was;
//   - what has not ended lives: access tokens are taken until they expire, and the live refresh token is exchanged;
//   - a good client is not logged out, whatever answers get lost and whatever commits fail;
//   - a replay after the grace ends the session, is in the audit log, and is said by an event once, of which the
//     user's notification is made;
//   - a token out of a mail works once, for what it is for, and only until what it is about is different; a reset ends
//     every session, and the confirmation of an address none.
func (h *history) check(t *rapid.T) {
	rows := h.rows(t)
	h.require(t, len(rows) == len(h.sessions), "%d sessions, %d are kept", len(h.sessions), len(rows))
	if err := h.follow(); err != nil {
		t.Fatalf("follow: %v", err)
	}
	for i, s := range h.sessions {
		row := rows[slices.IndexFunc(rows, func(r row) bool { return r.ID == s.id })]
		h.require(t, row.EndReason == s.endReason, "session %d: want its end %q, got %q", i, s.endReason, row.EndReason)
		h.require(t, row.Live == 1, "session %d has %d live tokens", i, row.Live)
		h.require(t, row.Tokens == len(s.tokens) && row.Generation == len(s.tokens) && row.LiveGeneration == len(s.tokens),
			"session %d: want generation %d, got %+v", i, len(s.tokens), row)
		h.require(t, s.endReason == "" || s.excuse != "", "a good client was logged out: %s", s.endReason)
		said := h.endings(s.id)
		if s.endReason == "" {
			h.require(t, len(said) == 0, "session %d lives, and its end was told: %v", i, said)
		} else {
			h.require(t, slices.Equal(said, []string{s.endReason}), "session %d: its end was told as %v", i, said)
		}
		h.checkAccess(t, s, s.access[len(s.access)-1])
	}
}

// checkAccess asks every node about an access token.
func (h *history) checkAccess(t *rapid.T, s *modelSession, a modelAccess) {
	want := s.accessError(a, h.now())
	for name, node := range h.nodes {
		_, err := node.Authenticate(h.t.Context(), a.text)
		h.require(t, same(err, want), "%s: an access token of a session with the end %q: want %v, got %v",
			name, s.endReason, want, err)
	}
}

// finish presents everything once more.
func (h *history) finish(t *rapid.T) {
	for _, s := range h.sessions {
		for _, a := range s.access {
			h.checkAccess(t, s, a)
		}
		if s.endReason != "" {
			for generation := range s.tokens {
				_, _ = h.present(t, s, generation, answered)
			}
			continue
		}
		_, _ = h.present(t, s, len(s.tokens)-1, answered)
	}
	h.finishAccount(t)
	h.check(t)
}

// row is what is kept of a session.
type row struct {
	ID             ids.ID
	EndReason      string
	Generation     int
	Tokens         int
	First          int // generation
	Live           int
	LiveGeneration int
}

func (h *history) rows(t *rapid.T) (rows []row) {
	err := h.db.Conn(h.t.Context()).Raw(`SELECT s.id, s.end_reason, s.generation, count(r.generation) AS tokens, min(r.generation) AS first,
			count(CASE WHEN r.consumed_at IS NULL THEN 1 END) AS live,
			max(CASE WHEN r.consumed_at IS NULL THEN r.generation END) AS live_generation
		FROM sessions s JOIN refresh_tokens r ON r.session_id = s.id
		WHERE s.user_id = ? GROUP BY s.id, s.end_reason, s.generation`, h.user.UserID).Scan(&rows).Error
	h.require(t, err == nil, "%v", err)
	return rows
}

// audited counts the entries of the audit log that tell of this about a session.
func (h *history) audited(t *rapid.T, action string, s *modelSession) (n int) {
	err := h.db.Conn(h.t.Context()).Raw(`SELECT count(*) FROM audit_log WHERE action = ? AND target_type = ? AND target_id = ?`,
		action, domain.TargetSession, s.id).Scan(&n).Error
	h.require(t, err == nil, "%v", err)
	return n
}

// sessionOf returns the session of a new grant.
func (h *history) sessionOf(t *rapid.T, g Grant) ids.ID {
	p, err := h.service.tokens.ReadAccess(g.AccessToken)
	h.require(t, err == nil, "%v", err)
	return p.SessionID
}

// generation returns which of the session's tokens an answer has.
func (h *history) generation(t *rapid.T, s *modelSession, g Grant) int {
	i := slices.IndexFunc(s.tokens, func(token *modelToken) bool { return token.text == g.RefreshToken })
	h.require(t, i == len(s.tokens)-1, "an answer with a token that is not the live one")
	return i
}

func (h *history) newText(t *rapid.T, text string) {
	h.require(t, !h.texts[text], "a token that there was before")
	h.texts[text] = true
}

func (h *history) require(t *rapid.T, so bool, format string, args ...any) {
	t.Helper()
	if !so {
		t.Fatalf("after %d actions: "+format, append([]any{h.steps}, args...)...)
	}
}
