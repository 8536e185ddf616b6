package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/eventbus"
	"fasttrack/shared/events"
	"fasttrack/shared/ids"
)

var update = flag.Bool("update", false, "write the golden files anew; look at what changed before you commit it")

// language is every event there is: the test beside each file of the package lists those of the file. A test holds it
// against the source, so that none is forgotten.
var language []eventbus.Event

// list adds the events of a file to the language.
func list(those ...eventbus.Event) bool {
	language = append(language, those...)
	return true
}

// TestTheJSONOfEveryEventIsPinned compares each event with its golden file: an event grows by new fields only.
func TestTheJSONOfEveryEventIsPinned(t *testing.T) { // not parallel: with -update it writes what others read
	for _, event := range language {
		t.Run(event.EventName(), func(t *testing.T) {
			sample := reflect.New(reflect.TypeOf(event)).Elem()
			fill(sample, "")
			got, err := json.MarshalIndent(sample.Interface(), "", "  ")
			require.NoError(t, err)
			got = append(got, '\n')

			file := golden(event)
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "a new event? run: go test ./shared/events -update")
			require.Equal(t, string(want), string(got))

			back := reflect.New(reflect.TypeOf(event))
			decoder := json.NewDecoder(bytes.NewReader(want))
			decoder.DisallowUnknownFields()
			require.NoError(t, decoder.Decode(back.Interface()))
			require.Equal(t, sample.Interface(), back.Elem().Interface(), "nothing is lost on the way")
		})
	}
}

func golden(event eventbus.Event) string { return filepath.Join("testdata", event.EventName()+".json") }

func TestThereIsNoGoldenFileWithoutAnEvent(t *testing.T) {
	t.Parallel()
	var want []string
	for _, event := range language {
		want = append(want, golden(event))
	}
	have, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	require.ElementsMatch(t, want, have)
}

// TestTheLanguageIsComplete reads the source: every type with a method EventName is listed, says its name in one
// literal, and the name is that of its file and of its type.
func TestTheLanguageIsComplete(t *testing.T) {
	t.Parallel()
	var have, names []string
	for _, event := range language {
		have = append(have, reflect.TypeOf(event).Name())
		names = append(names, event.EventName())
	}
	var declared []string
	for _, d := range parse(t) {
		declared = append(declared, d.typeName)
		require.Equal(t, d.file+"."+snake(d.typeName), d.event, "the module is the file's, the rest is the type's")
		require.Contains(t, names, d.event)
	}
	require.ElementsMatch(t, declared, have, "the test beside each file lists every event of it, once")
	slices.Sort(names)
	require.Len(t, slices.Compact(names), len(language), "names are unique")
}

// irregular are the past participles in use that do not end in -ed. Add one when an event needs it.
var irregular = []string{"sent", "left", "begun"}

func TestNamesAreInThePastTense(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z]+\.[a-z]+(_[a-z]+)+$`)
	for _, event := range language {
		name := event.EventName()
		require.Regexp(t, form, name)
		verb := name[strings.LastIndex(name, "_")+1:]
		require.True(t, strings.HasSuffix(verb, "ed") || slices.Contains(irregular, verb), "%s has not happened yet", name)
	}
}

// TestFieldsArePlain holds that an event is made of ids, lists of ids, text, numbers, bools and times, alone or in parts
// of this package, and that each is always there under its own name in JSON.
func TestFieldsArePlain(t *testing.T) {
	t.Parallel()
	for _, event := range language {
		requirePlain(t, reflect.TypeOf(event))
	}
}

var (
	idType      = reflect.TypeFor[ids.ID]()
	idsType     = reflect.TypeFor[[]ids.ID]()
	timeType    = reflect.TypeFor[time.Time]()
	packagePath = reflect.TypeFor[events.Person]().PkgPath()
	tagForm     = regexp.MustCompile(`^json:"[a-z]+(_[a-z]+)*"$`)
)

func requirePlain(t *testing.T, event reflect.Type) {
	t.Helper()
	for field := range event.Fields() {
		where := event.Name() + "." + field.Name
		require.True(t, field.IsExported(), "%s would be missing in JSON", where)
		if field.Anonymous {
			require.Empty(t, field.Tag, where)
		} else {
			require.Regexp(t, tagForm, string(field.Tag), "%s has a name in snake_case, and no omitempty", where)
		}
		kind := field.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
			require.False(t, isPart(kind), "%s: a part is embedded or nested as a value", where)
		}
		switch {
		case kind == idType, kind == timeType, kind == idsType:
		case isPart(kind):
			requirePlain(t, kind)
		default:
			require.True(t, isBasic(kind), "%s is a %s", where, field.Type)
		}
	}
}

func isPart(kind reflect.Type) bool {
	return kind.Kind() == reflect.Struct && kind.PkgPath() == packagePath
}

// isBasic holds for predeclared types alone: a named one, such as a domain's status, belongs to its module.
func isBasic(kind reflect.Type) bool {
	switch kind.Kind() {
	case reflect.Bool, reflect.String, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64:
		return kind.PkgPath() == ""
	default:
		return false
	}
}
