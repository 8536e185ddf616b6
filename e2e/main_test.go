// Package e2e tests the whole program from outside: journeys of its users, what it promises to clients, and what it
// does when it is misused, raced, stopped and killed. The kit for such tests is e2e/harness.
package e2e

import (
	"testing"

	"fasttrack/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
