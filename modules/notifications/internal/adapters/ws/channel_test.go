package ws

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"fasttrack/modules/notifications/internal/domain"
)

// The rule: what the document says of a notification's data is what goes with its type.
func TestAMessageHasTheDataOfItsType(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, m := range channel(nil).Sent {
		if data := domain.Type(m.Name).Data(); data != nil {
			require.IsType(t, data, reflect.ValueOf(m.Payload).FieldByName("Data").Interface(), m.Name)
			seen++
		}
	}
	require.Len(t, domain.Types(), seen)
}
