package events_test

import (
	"crypto/sha256"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"fasttrack/shared/ids"
)

// declaration is a method EventName as it is written.
type declaration struct {
	file     string // without .go
	typeName string
	event    string
}

// parse finds every event in the source of the package.
func parse(t *testing.T) []declaration {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var found []declaration
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Name.Name != "EventName" || method.Recv == nil {
				continue
			}
			receiver, isValue := method.Recv.List[0].Type.(*ast.Ident)
			require.True(t, isValue, "%s: the zero event must know its name, so the receiver is a value", path)
			found = append(found, declaration{strings.TrimSuffix(path, ".go"), receiver.Name, literal(t, method)})
		}
	}
	require.NotEmpty(t, found)
	return found
}

// literal returns the only thing the method does: it returns one text.
func literal(t *testing.T, method *ast.FuncDecl) string {
	t.Helper()
	require.Len(t, method.Body.List, 1)
	result, ok := method.Body.List[0].(*ast.ReturnStmt)
	require.True(t, ok)
	text, ok := result.Results[0].(*ast.BasicLit)
	require.True(t, ok, "an event's name is written out, so that it can be searched for")
	name, err := strconv.Unquote(text.Value)
	require.NoError(t, err)
	return name
}

// snake turns TaskStatusChanged into task_status_changed.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// fill gives every field a value that shows where it belongs and stays the same when others come and go.
func fill(v reflect.Value, path string) {
	switch {
	case v.Type() == idType:
		sum := sha256.Sum256([]byte(path))
		id := ids.MustParse("0198c7a2-3b1e-7c11-9a44-000000000000")
		copy(id[10:], sum[:])
		v.Set(reflect.ValueOf(id))
	case v.Type() == timeType:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), path+"/"+v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.String:
		v.SetString("the " + strings.ReplaceAll(snake(path[strings.LastIndex(path, "/")+1:]), "_", " "))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(7)
	case v.CanFloat():
		v.SetFloat(7.5)
	}
}
