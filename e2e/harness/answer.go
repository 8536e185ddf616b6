package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// Answer is what came back.
type Answer struct {
	t      testing.TB
	What   string // the request, for messages
	Status int
	Header http.Header
	Body   []byte
}

// Problem is the document that every error is (RFC 9457).
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Errors    []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

// Wants fails the test unless the answer has the status.
func (a *Answer) Wants(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: want %d, got %d %s", a.What, status, a.Status, a.Body)
	}
	return a
}

// WantsProblem fails the test unless the answer is a problem with the status and code.
func (a *Answer) WantsProblem(status int, code string) Problem {
	a.t.Helper()
	a.Wants(status)
	problem := Into[Problem](a)
	if problem.Code != code || problem.Status != status {
		a.t.Fatalf("%s: want code %q, got %s", a.What, code, a.Body)
	}
	if problem.RequestID == "" || problem.RequestID != a.Header.Get("X-Request-Id") {
		a.t.Fatalf("%s: request_id %q is not the header's %q", a.What, problem.RequestID, a.Header.Get("X-Request-Id"))
	}
	return problem
}

// Into reads the body of an answer.
func Into[T any](a *Answer) T {
	a.t.Helper()
	var value T
	if err := json.Unmarshal(a.Body, &value); err != nil {
		a.t.Fatalf("%s: %v: %s", a.What, err, a.Body)
	}
	return value
}

// Created is [Into] for a 201, which must tell where the new thing is.
func Created[T any](a *Answer) T {
	a.t.Helper()
	a.Wants(http.StatusCreated)
	if _, err := url.Parse(a.Header.Get("Location")); err != nil || a.Header.Get("Location") == "" {
		a.t.Fatalf("%s: no Location", a.What)
	}
	return Into[T](a)
}
