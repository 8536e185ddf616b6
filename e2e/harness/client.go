package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// Client calls the REST API as one user, or as nobody. Every answer is held against the OpenAPI document. It is safe
// for concurrent use.
type Client struct {
	t        testing.TB
	base     string // http://host:port
	contract *contract
	http     *http.Client
	token    string
}

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

// With returns the client with another access token; "" is nobody.
func (c *Client) With(token string) *Client {
	other := *c
	other.token = token
	return &other
}

// On returns the client for a subtest.
func (c *Client) On(t testing.TB) *Client {
	other := *c
	other.t = t
	return &other
}

// Header changes one header of a request.
type Header struct{ Name, Value string }

// Do sends a request and fails the test if the answer breaks the contract. The path begins below the root, as in
// /api/v1/tasks; body is marshalled unless it is nil, a string or bytes, which are sent as they are.
func (c *Client) Do(method, path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	answer, err := c.Try(method, path, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer
}

// Try is [Client.Do] for requests that may fail: it returns the error of the connection or of the contract, and may
// be called from any goroutine.
func (c *Client) Try(method, path string, body any, headers ...Header) (*Answer, error) {
	request, err := http.NewRequest(method, c.base+path, content(body)) //nolint:noctx // the client has a timeout
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, h := range headers {
		request.Header.Set(h.Name, h.Value)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	received, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	answer := &Answer{c.t, method + " " + path, response.StatusCode, response.Header, received}
	if err := c.contract.check(method, request.URL, response.StatusCode, response.Header, received); err != nil {
		return answer, fmt.Errorf("%w\n%d %s", err, response.StatusCode, received)
	}
	return answer, nil
}

func content(body any) io.Reader {
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return bytes.NewBufferString(b)
	case []byte:
		return bytes.NewReader(b)
	}
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("harness: cannot marshal %T: %v", body, err))
	}
	return bytes.NewReader(data)
}

// Get is a GET below /api/v1.
func (c *Client) Get(path string, headers ...Header) *Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, prefix+path, nil, headers...)
}

// Post is a POST below /api/v1.
func (c *Client) Post(path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, prefix+path, body, headers...)
}

// Patch is a PATCH below /api/v1.
func (c *Client) Patch(path string, body any, headers ...Header) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPatch, prefix+path, body, headers...)
}

// Delete is a DELETE below /api/v1.
func (c *Client) Delete(path string, headers ...Header) *Answer {
	c.t.Helper()
	return c.Do(http.MethodDelete, prefix+path, nil, headers...)
}

const prefix = "/api/v1"

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
