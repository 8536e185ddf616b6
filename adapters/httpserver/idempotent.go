package httpserver

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"net/http"
	"strings"

	"fasttrack/shared/errs"
)

const (
	headerIdempotencyKey  = "Idempotency-Key"
	maxIdempotencyKey     = 255
	messageIdempotencyKey = "must be 1 to 255 printable ASCII characters, given once, quoted or not"
)

// The ways in which an Idempotency-Key is refused although it can be read.
var (
	ErrIdempotencyMismatch = errs.New(errs.Invalid, "idempotency_mismatch",
		"the Idempotency-Key was used for another request: use a new one")
	ErrIdempotencyInFlight = errs.New(errs.Conflict, "idempotency_in_flight",
		"a request with this Idempotency-Key is being worked on: try again when it is finished")
)

// Idempotent is embedded in the input of a POST that creates. Its operation then takes an Idempotency-Key, and
// documents what comes of it; its handler keeps the promise, see adapters/idempotency.
type Idempotent struct{}

func (Idempotent) isIdempotent() {}

// Repeatable is a request that its client may send again without harm.
type Repeatable struct {
	Key         string // 1 to 255 printable ASCII characters, without quotes
	Fingerprint []byte // of method, path and body
}

// RepeatableRequest returns the Idempotency-Key of the request that ctx belongs to, with what it was sent for; ok is
// false if it came without one. It is for handlers whose input embeds [Idempotent], once the body has been read.
func RepeatableRequest(ctx context.Context) (r Repeatable, ok bool) {
	req := requestFrom(ctx)
	if req.idempotencyKey == "" {
		return r, false
	}
	sum := sha256.New()
	// None of the parts can hold the byte that ends it.
	_, _ = io.WriteString(sum, req.method+"\x00"+req.url.Path+"\x00")
	sum.Write(req.bodyHash.Sum(nil))
	return Repeatable{Key: req.idempotencyKey, Fingerprint: sum.Sum(nil)}, true
}

// readIdempotencyKey takes the key from the header, and has the body hashed as it is read. It returns what is wrong
// with the key.
func (req *request) readIdempotencyKey(r *http.Request) []errs.Field {
	lines := req.header[headerIdempotencyKey]
	if len(lines) == 0 {
		return nil
	}
	key, ok := unquoteKey(lines[0])
	if !ok || len(lines) > 1 {
		return []errs.Field{{Location: "header." + headerIdempotencyKey, Message: messageIdempotencyKey}}
	}
	req.idempotencyKey, req.bodyHash = key, sha256.New()
	r.Body = hashedBody{r.Body, req.bodyHash}
	return nil
}

// unquoteKey reads a key as a string of RFC 9651 (as the header's draft has it) or, without quotes, as it is. Both
// forms of one key are the same key.
func unquoteKey(value string) (key string, ok bool) {
	if strings.HasPrefix(value, `"`) {
		if key, ok = unquote(value); !ok {
			return "", false
		}
	} else {
		key = value
	}
	notPrintable := func(r rune) bool { return r < ' ' || r > '~' }
	return key, key != "" && len(key) <= maxIdempotencyKey && !strings.ContainsFunc(key, notPrintable)
}

// unquote reads a quoted string in which a backslash stands before a quote or another backslash.
func unquote(value string) (string, bool) {
	var b strings.Builder
	for i := 1; i < len(value); i++ {
		switch c := value[i]; c {
		case '"':
			return b.String(), i == len(value)-1
		case '\\':
			if i++; i == len(value) || value[i] != '"' && value[i] != '\\' {
				return "", false
			}
			b.WriteByte(value[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// hashedBody is a body that is hashed while it is read.
type hashedBody struct {
	io.ReadCloser
	hash hash.Hash
}

func (b hashedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	return n, err
}
