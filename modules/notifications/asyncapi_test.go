package notifications_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/database/dbtest"
	"fasttrack/adapters/httpserver/httpservertest"
	"fasttrack/modules/notifications/internal/domain"
)

// messages is the AsyncAPI document as a contract. Every message that a client of these tests gets is held against it.
func (h *house) messages() *httpservertest.Messages {
	h.t.Helper()
	h.once.Do(func() {
		document, err := h.AsyncAPI()
		require.NoError(h.t, err)
		h.contract, err = httpservertest.NewMessages(document)
		require.NoError(h.t, err)
	})
	return h.contract
}

// The rule: the document says what is said on the socket, all of it and no more.
func TestTheDocumentOfTheSocketIsComplete(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	expected := []string{"ready", "resync_required", "authenticated", "error", "authenticate", "ack"}
	for _, kind := range domain.Types() {
		expected = append(expected, string(kind))
	}
	slices.Sort(expected)
	require.Equal(t, expected, h.messages().Names())

	for text, wrong := range map[string]string{
		`{"type":"ack","seq":1}`:                      "",
		`{"type":"authenticate","token":"x"}`:         "",
		`{"type":"ack","seq":0}`:                      "not as documented",
		`{"type":"ack"}`:                              "not as documented",
		`{"type":"ack","seq":1,"colour":"red"}`:       "not as documented",
		`{"type":"ready"}`:                            "not as documented",
		`{"type":"task_assigned","seq":1,"data":{}}`:  "not as documented",
		`{"type":"hello"}`:                            `no message of type "hello"`,
		`{"type":"authenticate","token":"x","seq":1}`: "not as documented",
		`hello`: "not JSON",
	} {
		err := h.messages().Check([]byte(text))
		if wrong == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, wrong)
	}
}

// The rule: what the server takes from a client and what the document says are one.
func TestTheServerTakesWhatIsDocumented(t *testing.T) {
	t.Parallel()
	h := open(t, dbtest.SQLite(t))
	user, token := h.user()
	c, _ := h.ready(token, "")
	h.assigns(user, 1, 1)
	c.expect(1, 1)
	for _, text := range []string{
		`{"type":"ack","seq":1}`, `{"seq":1,"type":"ack"}`, `{"type":"ack"}`, `{"type":"ack","seq":"1"}`,
		`{"type":"ack","seq":1.5}`, `{"type":"ack","seq":null}`, `{"type":"ack","seq":-1}`, `{"type":"ack","seq":0}`,
		`{"type":"ack","Seq":1}`, `{"type":"ack","seq":1,"x":1}`, `{"type":"ack","seq":true}`, `{"type":"Ack","seq":1}`,
		`{"type":"authenticate","token":"` + token + `"}`, `{"type":"authenticate"}`, `{"type":"authenticate","token":1}`,
		`{"type":"authenticate","token":"` + token + `","x":1}`, `{"type":"authenticate","Token":"x"}`, `{}`, `[]`, `""`,
	} {
		var known struct{ Type string }
		if _ = json.Unmarshal([]byte(text), &known); known.Type != "ack" && known.Type != "authenticate" {
			require.Error(t, h.messages().Check([]byte(text)), text)
			continue
		}
		c.say(text)
		c.say(`{"type":"marker"}`)
		taken := true
		for m := c.next(); m.Type != "error" || code(t, m) != "unknown_type"; m = c.next() {
			taken = taken && m.Type != "error"
		}
		require.Equal(t, taken, h.messages().Check([]byte(text)) == nil, text)
	}
}
