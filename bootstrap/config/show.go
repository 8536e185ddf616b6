package config

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Show lists what is in force, one KEY=value per line, secrets masked.
func (c *Config) Show() string {
	var out strings.Builder
	value := reflect.ValueOf(*c)
	for i := range value.NumField() {
		field := value.Type().Field(i)
		fmt.Fprintf(&out, "%s=%s\n", field.Tag.Get("env"), masked(field.Tag.Get("secret"), show(value.Field(i))))
	}
	return out.String()
}

func show(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // of our own types, which cannot fail
		return string(text)
	}
	return fmt.Sprint(v.Interface())
}

func masked(kind, value string) string {
	switch {
	case value == "" || kind == "":
		return value
	case kind == "url":
		return MaskURL(value)
	}
	return "********"
}

// MaskURL hides the password of a URL, wherever it stands.
func MaskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "********"
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") { // sslpassword is another
			query.Set(name, "xxxxx")
		}
	}
	u.RawQuery = query.Encode()
	return u.Redacted()
}
