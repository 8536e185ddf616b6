package labels

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"house/shared/eventbus"
	"house/shared/ids"

	_ "house/modules/tasks" // want "no-foreign-module"
)

func TestMain(*testing.M) {
	eventbus.Subscribe(nil, "", nil)
	_, _, _ = time.Now(), ids.New(), uuid.New()
}
