package httpserver_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/adapters/httpserver"
	"fasttrack/shared/ids"
)

// The rule: a parameter of the path that no handler could read is a mistake that shows at start.
func TestEveryPathParameterIsRead(t *testing.T) {
	t.Parallel()
	type notExported struct {
		ID ids.ID `path:"id"`
	}
	type embedding struct{ notExported }
	type nothing struct{}
	for name, register := range map[string]func(*httpserver.API){
		"embedded in an unexported struct": register[embedding],
		"missing":                          register[nothing],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.PanicsWithValue(t,
				"httpserver: the input of get-thing has no exported field, in no unexported struct, with `path:\"id\"`",
				func() { register(httpserver.New(httpserver.Config{}).API()) })
		})
	}
}

func register[I any](api *httpserver.API) {
	httpserver.Register(api, httpserver.Operation{
		ID: "get-thing", Method: "GET", Path: "/things/{id}", Summary: "Read a thing", Tag: "Things",
	}, func(context.Context, *I) (*struct{}, error) { return nil, nil })
}
