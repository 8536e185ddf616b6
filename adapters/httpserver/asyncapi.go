package httpserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// Channel describes a socket for the AsyncAPI document: where it is, and what is said on it.
type Channel struct {
	ID          string // unique, such as notifications
	Path        string // at the root
	Summary     string
	Description string // CommonMark
	Query       []Parameter
	Sent        []Message // by the server
	Received    []Message // by the server
}

// Message is one kind of message on a [Channel], a JSON object with a member type whose value is the message's name.
type Message struct {
	Name    string // unique in the document
	Summary string
	Payload any // a value of the type that is marshalled; its fields have the tags of bodies
}

const asyncAPIPath = "/asyncapi.json"

// Describe adds a channel to the AsyncAPI document, which is at /asyncapi.json.
func (a *API) Describe(c Channel) { a.server.channels = append(a.server.channels, c) }

// AsyncAPI returns the document of all channels as JSON. It needs no serving server.
func (s *Server) AsyncAPI() ([]byte, error) {
	d := asyncDocument{registry: newRegistry()}
	channels, operations, messages, tags := map[string]any{}, map[string]any{}, map[string]any{}, []any{}
	for _, c := range s.channels {
		own := map[string]any{}
		sent, err := d.add(c, c.Sent, own, messages)
		if err != nil {
			return nil, err
		}
		received, err := d.add(c, c.Received, own, messages)
		if err != nil {
			return nil, err
		}
		channels[c.ID] = map[string]any{
			"address": c.Path, "summary": c.Summary, "description": c.Description, "messages": own,
			"bindings": map[string]any{"ws": map[string]any{
				"method": http.MethodGet, "query": queryOfChannel(c.Query), "bindingVersion": "0.1.0",
			}},
		}
		tags = append(tags, map[string]any{"name": c.ID, "description": c.Summary})
		on := reference("channels", c.ID)
		operations["send-"+c.ID] = map[string]any{
			"action": "send", "channel": on, "messages": sent, "summary": "What the server says",
			"description": "Each is one text message. A client ignores kinds that it does not know.",
		}
		operations["receive-"+c.ID] = map[string]any{
			"action": "receive", "channel": on, "messages": received, "summary": "What a client may say",
			"description": "Each is one text message. Anything else is answered with an error, and changes nothing.",
		}
	}
	document, err := json.MarshalIndent(map[string]any{
		"asyncapi": "3.0.0",
		"info": map[string]any{
			"title": s.config.Title, "version": s.config.Version,
			"description": "What is said on sockets. Everything else is in the OpenAPI document, /openapi.json.",
			"license":     map[string]any{"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
			"tags":        tags,
		},
		"defaultContentType": "application/json",
		"channels":           channels,
		"operations":         operations,
		"components":         map[string]any{"messages": messages, "schemas": d.registry},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the AsyncAPI document: %w", err)
	}
	return document, nil
}

// asyncDocument is a document that is being made. Its schemas are its own: those of bodies may say more than a
// draft-07 schema can.
type asyncDocument struct{ registry *registry }

// add adds messages to a channel and to the components, and returns how an operation refers to them.
func (d asyncDocument) add(c Channel, messages []Message, own, all map[string]any) ([]any, error) {
	references := []any{}
	for _, m := range messages {
		if _, taken := all[m.Name]; taken {
			return nil, fmt.Errorf("two messages are called %s", m.Name)
		}
		payload := huma.SchemaFromType(d.registry, reflect.TypeOf(m.Payload))
		kind := payload.Properties["type"]
		if kind == nil {
			return nil, fmt.Errorf("the message %s has no member type", m.Name)
		}
		payload.Properties["type"] = &huma.Schema{Type: huma.TypeString, Const: m.Name, Examples: []any{m.Name}}
		all[m.Name] = map[string]any{
			"name": m.Name, "summary": m.Summary, "payload": payload,
			"examples": []any{map[string]any{"payload": exampleOf(d.registry, payload, 0)}},
		}
		own[m.Name] = reference("components", "messages", m.Name)
		references = append(references, reference("channels", c.ID, "messages", m.Name))
	}
	return references, nil
}

func queryOfChannel(query []Parameter) map[string]any {
	properties := map[string]any{}
	for _, p := range query {
		properties[p.Name] = map[string]any{"type": p.Type, "description": p.Description}
	}
	return map[string]any{"type": "object", "properties": properties}
}

func reference(path ...string) map[string]any {
	pointer := "#"
	for _, step := range path {
		pointer += "/" + step
	}
	return map[string]any{"$ref": pointer}
}

func (s *Server) registerAsyncAPI() {
	document := sync.OnceValues(s.AsyncAPI)
	s.servePublic(Operation{
		ID: "get-asyncapi-json", Path: asyncAPIPath, Summary: "Get the AsyncAPI 3.0 document of the sockets",
		Description: "What is said on sockets, in both directions.",
	}, "application/vnd.aai.asyncapi+json; version=3.0.0", func(w http.ResponseWriter, r *http.Request) {
		body, err := document()
		if err != nil {
			writeProblem(w, s.problem(r.Context(), err))
			return
		}
		_, _ = w.Write(body)
	})
}
