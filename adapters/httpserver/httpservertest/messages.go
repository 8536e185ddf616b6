package httpservertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Messages holds what is said on sockets against the AsyncAPI document. It is safe for concurrent use.
type Messages struct{ payloads map[string]*jsonschema.Schema }

// NewMessages reads the document.
func NewMessages(document []byte) (*Messages, error) {
	const name = "asyncapi.json"
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("read the AsyncAPI document: %w", err)
	}
	var listed struct {
		Components struct {
			Messages map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(document, &listed); err != nil {
		return nil, fmt.Errorf("read the AsyncAPI document: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7) // what AsyncAPI 3.0 uses
	compiler.AssertFormat()
	if err := compiler.AddResource(name, parsed); err != nil {
		return nil, fmt.Errorf("load the AsyncAPI document: %w", err)
	}
	m := &Messages{payloads: map[string]*jsonschema.Schema{}}
	for message := range listed.Components.Messages {
		m.payloads[message], err = compiler.Compile(name + "#/components/messages/" + message + "/payload")
		if err != nil {
			return nil, fmt.Errorf("compile the schema of the message %s: %w", message, err)
		}
	}
	return m, nil
}

// Names returns the kinds of messages, in order.
func (m *Messages) Names() []string { return slices.Sorted(maps.Keys(m.payloads)) }

// Check returns what is wrong with a message: it is not JSON, of no kind that the document knows, or not as it says.
func (m *Messages) Check(text []byte) error {
	var kind struct{ Type string }
	if err := json.Unmarshal(text, &kind); err != nil {
		return fmt.Errorf("a message is not JSON: %q: %w", text, err)
	}
	payload, known := m.payloads[kind.Type]
	if !known {
		return fmt.Errorf("no message of type %q is documented: %s", kind.Type, text)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("a message is not JSON: %q: %w", text, err)
	}
	if err := payload.Validate(value); err != nil {
		return fmt.Errorf("a message is not as documented: %s: %w", text, err)
	}
	return nil
}
