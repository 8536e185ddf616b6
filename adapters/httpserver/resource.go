package httpserver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
)

// Resource is the answer of GET, POST and PATCH for a thing that can change: the thing itself as JSON, marshalled
// once, with its entity tag. A GET whose If-None-Match names the tag is answered with 304 by itself.
type Resource[T any] struct {
	Status       int
	ETag         string `header:"ETag" doc:"Version and digest of what is shown." example:"\"3.kR5pQJx0v2A\""`
	Location     string `header:"Location" hidden:"true"`
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Replayed     string `header:"Idempotent-Replayed" hidden:"true"`
	Body         Encoded[T]
}

// Encoded is a body that has been marshalled already. In the API document it is a T.
type Encoded[T any] struct{ json []byte }

func (e Encoded[T]) sent() []byte { return e.json }

func (*Encoded[T]) schemaType() reflect.Type { return reflect.TypeFor[T]() }

// MarshalJSON returns the bytes as they are.
func (e Encoded[T]) MarshalJSON() ([]byte, error) { return e.json, nil }

// UnmarshalJSON keeps the bytes as they are.
func (e *Encoded[T]) UnmarshalJSON(data []byte) error {
	e.json = append(json.RawMessage(nil), data...)
	return nil
}

// OK answers 200 with a thing at its version.
func OK[T any](version int64, body T) *Resource[T] {
	return newResource(http.StatusOK, "", version, body)
}

// Created answers 201 with a new thing at its version, and where it is now: an absolute path such as
// /api/v1/tasks/0198….
func Created[T any](location string, version int64, body T) *Resource[T] {
	return newResource(http.StatusCreated, location, version, body)
}

func newResource[T any](status int, location string, version int64, body T) *Resource[T] {
	sent, err := marshalJSON(body)
	if err != nil {
		panic(fmt.Errorf("httpserver: %T is not JSON: %w", body, err))
	}
	return &Resource[T]{
		Status: status, Location: location, ETag: entityTag(version, sent),
		CacheControl: "private, no-cache", Body: Encoded[T]{json: sent},
	}
}

// entityTag is the version, which counts changes by people, and a digest of all that is shown.
func entityTag(version int64, sent []byte) string {
	const digestLength = 11 // 66 bits
	sum := sha256.Sum256(sent)
	digest := base64.RawURLEncoding.EncodeToString(sum[:])[:digestLength]
	return `"` + strconv.FormatInt(version, 10) + "." + digest + `"`
}

// Answer is a [Resource] as data, to be kept with an idempotency key and given again.
type Answer struct {
	Status   int
	ETag     string
	Location string
	Body     []byte // JSON
}

// Answer returns what will be sent.
func (r *Resource[T]) Answer() Answer {
	return Answer{Status: r.Status, ETag: r.ETag, Location: r.Location, Body: r.Body.json}
}

// Replayed gives an answer that was kept, marked as given before.
func Replayed[T any](a Answer) *Resource[T] {
	return &Resource[T]{
		Status: a.Status, ETag: a.ETag, Location: a.Location, CacheControl: "private, no-cache", Replayed: "true",
		Body: Encoded[T]{json: a.Body},
	}
}

// settle makes a GET conditional.
func (r *Resource[T]) settle(req *request) {
	if req.method != http.MethodGet && req.method != http.MethodHead {
		return
	}
	if wanted := req.header.Values("If-None-Match"); len(wanted) > 0 && matchesWeakly(wanted, r.ETag) {
		r.Status = http.StatusNotModified
	}
}

func (r *Resource[T]) status() int { return r.Status }

func (*Resource[T]) isResource() {}
