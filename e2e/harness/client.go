package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"fasttrack/adapters/httpserver/httpservertest"
)

// Client calls the REST API as one user, or as nobody. Every answer is held against the OpenAPI document. It is safe
// for concurrent use.
type Client struct {
	t        testing.TB
	base     string // http://host:port
	contract *contract
	messages *httpservertest.Messages // the AsyncAPI document, for sockets
	http     *http.Client
	watch    *watch
	token    string
}

// Attach returns a client of a program that this test did not start, such as one in a container, as nobody.
func Attach(t testing.TB, url string) *Client {
	t.Helper()
	c, err := newClient(t, url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newClient makes a client that calls a program as nobody.
func newClient(t testing.TB, base string) (*Client, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 128}
	t.Cleanup(transport.CloseIdleConnections)
	c := &Client{t: t, base: base, watch: &watch{}, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	document, err := c.document("/openapi.json")
	if err != nil {
		return nil, err
	}
	if c.contract, err = newContract(document); err != nil {
		return nil, err
	}
	if document, err = c.document("/asyncapi.json"); err != nil {
		return nil, err
	}
	c.messages, err = httpservertest.NewMessages(document)
	return c, err
}

func (c *Client) document(path string) ([]byte, error) {
	response, err := c.http.Get(c.base + path)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	document, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", path, err)
	}
	return document, nil
}

// With returns the client with another access token; "" is nobody.
func (c *Client) With(token string) *Client {
	other := *c
	other.token = token
	return &other
}

// Through returns the client on its way through a proxy.
func (c *Client) Through(p *Proxy) *Client {
	other := *c
	other.base = p.URL
	return &other
}

// On returns the client for a subtest.
func (c *Client) On(t testing.TB) *Client {
	other := *c
	other.t = t
	return &other
}

// Watch has a function told of every answer to this client and to those derived from it, on whichever goroutine asked.
func (c *Client) Watch(observer func(*Answer)) { c.watch.add(observer) }

// Operations lists the operations of the program's OpenAPI document.
func (c *Client) Operations() []Operation { return c.contract.operations() }

// Header changes one header of a request; an empty value removes it.
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
	request, err := c.Request(method, path, body, headers...)
	if err != nil {
		return nil, err
	}
	return c.Send(request)
}

// Request makes a request for [Client.Send], so that it can be changed in ways that no well-behaved client would.
func (c *Client) Request(method, path string, body any, headers ...Header) (*http.Request, error) {
	request, err := http.NewRequest(method, c.base+path, content(body))
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
		if h.Value == "" {
			request.Header.Del(h.Name)
		}
	}
	return request, nil
}

// Send sends a request and holds the answer against the contract. When the contract is broken it returns the answer
// beside the error.
func (c *Client) Send(request *http.Request) (*Answer, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	received, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	what := request.Method + " " + request.URL.RequestURI()
	answer := &Answer{c.t, what, response.StatusCode, response.Header, received}
	c.watch.tell(answer)
	if err := c.contract.check(request.Method, request.URL, response.StatusCode, response.Header, received); err != nil {
		return answer, fmt.Errorf("%w\n%d %s", err, response.StatusCode, received)
	}
	return answer, nil
}

// watch is who is told of answers.
type watch struct {
	mu        sync.Mutex
	observers []func(*Answer)
}

func (w *watch) add(observer func(*Answer)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.observers = append(w.observers, observer)
}

func (w *watch) tell(a *Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, observer := range w.observers {
		observer(a)
	}
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

// Messages holds what is said on sockets against the AsyncAPI document of the program.
func (c *Client) Messages() *httpservertest.Messages { return c.messages }
