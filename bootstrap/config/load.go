package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"
)

// Error lists everything that is wrong with the configuration.
type Error struct{ Problems []string }

func (e *Error) Error() string {
	return "the configuration cannot be used:\n  - " + strings.Join(e.Problems, "\n  - ")
}

// Load reads the configuration from an environment, as os.Environ returns it, and, unless that says production, from
// the file .env in the working directory; the environment wins.
func Load(environ []string) (*Config, error) {
	given := env.ToMap(environ)
	if given["ENVIRONMENT"] == Production {
		return Parse(given)
	}
	file, err := godotenv.Read(".env")
	var unreadable *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &unreadable):
		return nil, &Error{[]string{err.Error()}}
	case err != nil: // which would repeat what is written there
		return nil, &Error{[]string{".env must be made of lines like KEY=value"}}
	}
	for key, value := range file {
		if base := strings.TrimSuffix(key, "_FILE"); given[base] == "" && given[base+"_FILE"] == "" {
			given[key] = value
		}
	}
	return Parse(given)
}

// Parse reads the configuration from the given variables alone.
func Parse(given map[string]string) (*Config, error) {
	given, problems := readFiles(given)
	c := &Config{}
	if err := env.ParseWithOptions(c, env.Options{Environment: given}); err != nil {
		problems = append(problems, parseProblems(err, given)...)
		// Without the values that could not be read: what they would have been is not worth a second complaint.
		c = &Config{}
		if err := env.ParseWithOptions(c, env.Options{Environment: given}); err != nil {
			return nil, &Error{append(problems, err.Error())}
		}
	}
	c.complete(given)
	problems = append(problems, c.problems()...)
	if len(problems) > 0 {
		return nil, &Error{problems}
	}
	return c, nil
}

// readFiles replaces KEY_FILE by KEY for every key that there is, and drops empty values: an empty variable, as
// compose files pass it on, means that nothing was set.
func readFiles(given map[string]string) (map[string]string, []string) {
	var problems []string
	resolved := map[string]string{}
	for _, key := range keys() {
		value, path := given[key], given[key+"_FILE"]
		if path != "" {
			if value != "" {
				problems = append(problems, fmt.Sprintf("%s and %s_FILE are both set; keep one", key, key))
			}
			content, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s_FILE: %v", key, err))
			}
			value = strings.TrimRight(string(content), "\r\n")
		}
		if value != "" {
			resolved[key] = value
		}
	}
	return resolved, problems
}

// parseProblems names the variables, never their values, which might be secrets, and removes them from given.
func parseProblems(err error, given map[string]string) []string {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []string{err.Error()}
	}
	var problems []string
	for _, e := range all.Errors {
		var parse env.ParseError
		if errors.As(e, &parse) {
			key := keyOf(parse.Name)
			problems = append(problems, fmt.Sprintf("%s must be %s", key, wanted(parse.Type)))
			delete(given, key)
			continue
		}
		problems = append(problems, e.Error())
	}
	return problems
}

func wanted(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.String() {
	case "ratelimit.Rate":
		return "a count and a window such as 10/1m: 1 to 100000 requests in 1s to 24h, whole seconds"
	case "config.Networks":
		return "a list of networks such as 10.0.0.0/8, 192.168.1.7"
	case "time.Duration":
		return "a duration such as 10s or 1h30m"
	case "bool":
		return "true or false"
	}
	return "a whole number"
}

func keys() []string {
	var keys []string
	for field := range reflect.TypeFor[Config]().Fields() {
		keys = append(keys, field.Tag.Get("env"))
	}
	return keys
}

func keyOf(fieldName string) string {
	field, _ := reflect.TypeFor[Config]().FieldByName(fieldName)
	return field.Tag.Get("env")
}

// Networks is a list of networks, written with commas; an address alone is a network of one.
type Networks []netip.Prefix

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if addr, notNetwork := netip.ParseAddr(part); notNetwork == nil {
			network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return err
		}
		*n = append(*n, network.Masked())
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (n Networks) MarshalText() ([]byte, error) {
	texts := make([]string, len(n))
	for i, network := range n {
		texts[i] = network.String()
	}
	return []byte(strings.Join(texts, ",")), nil
}

// Origins is a list of web origins, written with commas or as a JSON list.
type Origins []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Origins) UnmarshalText(text []byte) error {
	var list []string
	if trimmed := strings.TrimSpace(string(text)); strings.HasPrefix(trimmed, "[") {
		if err := json.Unmarshal([]byte(trimmed), &list); err != nil {
			return errors.New("not a JSON list of texts")
		}
	} else {
		list = strings.Split(trimmed, ",")
	}
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	*o = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (o Origins) MarshalText() ([]byte, error) { return []byte(strings.Join(o, ",")), nil }
