package domain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// chain is a session with every token it ever had, as a store keeps them, and the protocol of a refresh.
type chain struct {
	session *Session
	tokens  map[int64]RefreshToken
	at      time.Time
}

func newChain() *chain {
	s, first := openSession()
	return &chain{s, map[int64]RefreshToken{1: first}, now}
}

// present presents a generation and returns the one that is answered with, 0 for a refusal.
func (c *chain) present(generation int64) (answered int64, verdict Verdict) {
	token := c.tokens[generation]
	switch verdict = c.session.Judge(token, grace, c.at); verdict {
	case Live:
		c.tokens[generation] = consumed(token, c.at)
		c.session.Rotate(week, c.at)
		next := c.session.LiveToken("k", nil, c.at)
		c.tokens[next.Generation] = next
	case Replayed:
		c.session.End("replay", c.at)
		return 0, verdict
	case Repeated:
	default:
		return 0, verdict
	}
	return c.session.State().Generation, verdict
}

func (c *chain) requireOneLive(t *rapid.T) {
	var live []int64
	for generation, token := range c.tokens {
		if token.ConsumedAt == nil {
			live = append(live, generation)
		}
	}
	require.Equal(t, []int64{c.session.State().Generation}, live, "one successor, and it is the last")
}

// Whatever is presented in whatever order: there is one live token, and none once the session has ended.
func TestNoOrderOfEventsLeavesTwoSuccessorsOrADeadSessionUsable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChain()
		ended := false
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { c.requireOneLive(t) },
			"time passes": func(t *rapid.T) {
				c.at = c.at.Add(time.Duration(rapid.Int64Range(0, int64(2*grace)).Draw(t, "step")))
			},
			"somebody presents a token": func(t *rapid.T) {
				latest := c.session.State().Generation
				answered, verdict := c.present(rapid.Int64Range(1, latest).Draw(t, "generation"))
				if ended {
					require.Equal(t, Revoked, verdict)
				}
				if answered != 0 {
					require.Nil(t, c.tokens[answered].ConsumedAt, "an answer is live")
				}
				ended = ended || verdict == Replayed
			},
			"somebody logs out": func(*rapid.T) {
				c.session.End("logout", c.at)
				ended = true
			},
		})
	})
}

// A client whose answers get lost, and who tries again in time, is never taken for a thief; nor are its tabs, which
// begin with the same token.
func TestAGoodClientIsNeverLoggedOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newChain()
		held := int64(1)
		for range rapid.IntRange(1, 30).Draw(t, "refreshes") {
			c.at = c.at.Add(time.Duration(rapid.Int64Range(0, int64(week)-int64(time.Minute)).Draw(t, "pause")))
			first := c.at
			var answered int64
			for range rapid.IntRange(1, 5).Draw(t, "attempts") { // all but the last get lost
				left := first.Add(grace).Sub(c.at)
				c.at = c.at.Add(time.Duration(rapid.Int64Range(0, int64(left)).Draw(t, "wait")))
				if answered == 0 {
					first = c.at
				}
				var verdict Verdict
				answered, verdict = c.present(held)
				require.Contains(t, []Verdict{Live, Repeated}, verdict)
			}
			require.Equal(t, held+1, answered)
			held = answered
		}
	})
}
