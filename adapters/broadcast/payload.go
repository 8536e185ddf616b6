package broadcast

import (
	"encoding/json"
	"strings"

	"fasttrack/shared/broadcast"
)

// A payload is a line with the name of the node that sends it, and a line per hint. PostgreSQL allows 7,999 bytes.
const (
	maxPayload = 7900
	batch      = 500 // how many hints are taken for sending at once
)

// line is a hint as it is sent: ["topic","key",7].
type line [3]any

// encode returns as few payloads as hold the hints.
func encode(node string, hints []broadcast.Hint) []string {
	var payloads []string
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			payloads = append(payloads, node+text.String())
			text.Reset()
		}
	}
	for _, h := range hints {
		encoded, err := json.Marshal(line{h.Topic, h.Key, h.Number})
		if err != nil {
			continue // texts and a number always can be
		}
		if len(node)+text.Len()+1+len(encoded) > maxPayload {
			flush()
		}
		text.WriteByte('\n')
		text.Write(encoded)
	}
	flush()
	return payloads
}

// decode reads a payload. What it does not understand, from a newer node or from anybody, it leaves out.
func decode(payload string) (node string, hints []broadcast.Hint) {
	node, rest, _ := strings.Cut(payload, "\n")
	for encoded := range strings.SplitSeq(rest, "\n") {
		var h broadcast.Hint
		parts := []any{&h.Topic, &h.Key, &h.Number}
		if json.Unmarshal([]byte(encoded), &parts) == nil && len(parts) == 3 {
			hints = append(hints, h)
		}
	}
	return node, hints
}
